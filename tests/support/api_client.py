"""A client of pretag serve that asks as the public client of any version does."""

import http.client
import json
import urllib.parse

PATIENCE = 600  # seconds; only something that hangs takes as long


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    @property
    def json(self):
        return json.loads(self.bytes)


class Client:
    """Speaks as the public client of a version does."""

    def __init__(self, test, port, token, version="1.5.26"):
        self.test, self.port, self.token = test, port, token
        self.version = tuple(map(int, version.split(".")))
        self.agent = f"Lightly/{version} (Linux) python/3.11.2"

    def request(self, method, path, query=(), body=None):
        """The query is a list of pairs; the token is its last one."""
        query = [*query, ("token", self.token)] if self.token else list(query)
        target = path + ("?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote) if query else "")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": self.agent}
        old = self.version < (1, 4, 8)
        if body is None and method == "DELETE" and old:
            body = {}
        if body is not None or old:
            headers["Content-Type"] = "application/json"
        return self.send(method, target, None if body is None else json.dumps(body).encode(), headers)

    def send(self, method, target, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, *query):
        answer = self.request("GET", path, query)
        self.test.assertEqual(answer.status, 200, (path, answer.bytes))
        return answer.json

    def create(self, path, body, *query):
        answer = self.request("POST", path, query, body)
        self.test.assertEqual(answer.status, 201, (path, answer.bytes))
        return answer.json

    def put(self, path, body=None, *query):
        answer = self.request("PUT", path, query, body)
        self.test.assertIn(answer.status, range(200, 300), (path, answer.bytes))
        return answer

    def delete(self, path):
        answer = self.request("DELETE", path)
        self.test.assertIn(answer.status, range(200, 300), (path, answer.bytes))

    def follow(self, method, url, body=None):
        """A signed link: no token, no type; the raw bytes count, whatever the client offers to accept."""
        parts = urllib.parse.urlsplit(url)
        self.test.assertEqual(parts.port, self.port)
        return self.send(method, f"{parts.path}?{parts.query}", body, {"Accept-Encoding": "gzip, deflate"})

    def all_pages(self, path, size, *query):
        """Clients before 1.4.8 ask until a page is empty, later ones until it is not full."""
        entries = []
        for offset in range(0, 1000 * size, size):
            page = self.get(path, *query, ("pageSize", size), ("pageOffset", offset))
            entries += page
            if not page or (self.version >= (1, 4, 8) and len(page) < size):
                return entries
        self.test.fail(f"{path} never ends")
