#!/usr/bin/env python3
"""pretag serve and what it has to withstand in a network: strangers, nonsense, slow clients, secrets, signals, locks."""

import concurrent.futures
import http.client
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest
import urllib.parse

import support


class ServerWithstandsANetwork(support.ServerTest):
    def raw(self, text, patience=120):
        """Sends bytes and returns all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            connection.sendall(text)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received

    def test_tokens_decide_and_end_at_once_when_revoked(self):
        self.start()
        self.assertEqual(self.client(token="").request("GET", "/v1/datasets").status, 401)
        self.assertEqual(self.client(token="0" * 48).request("GET", "/v1/datasets").status, 401)
        token = self.new_token("ben")
        self.assertEqual(self.client(token=token).get("/v1/datasets"), [])
        listed = self.run_pretag("token", "list", "--data", "data").stdout
        self.assertNotIn(token, listed)
        (ben,) = [line.split()[0] for line in listed.splitlines() if " ben " in line]
        self.run_pretag("token", "revoke", "--data", "data", ben)
        self.assertEqual(self.client(token=token).request("GET", "/v1/datasets").status, 401)
        self.run_pretag("token", "revoke", "--data", "data", ben, code=support.ERROR)

    def test_somebody_elses_things_are_not_there(self):
        self.start()
        anna, ben = self.client(), self.client(token=self.new_token("ben"))
        dataset = anna.create("/v1/datasets", {"name": "private", "type": "Images"})["id"]
        worker = anna.create("/v1/docker/worker", {"name": "annas", "workerType": "FULL"})["id"]
        run = anna.create("/v1/docker/runs", {"dockerVersion": "1", "datasetId": dataset})["id"]
        for path in [f"/v1/datasets/{dataset}", f"/v1/datasets/{dataset}/tags", f"/v1/datasets/{dataset}/datasource",
                     f"/v1/docker/worker/{worker}", f"/v1/docker/runs/{run}", f"/v1/docker/runs/{run}/logs"]:
            self.assertEqual(ben.request("GET", path).status, 404, path)
        self.assertEqual(ben.request("PUT", f"/v1/datasets/{dataset}", (), {"name": "bens now"}).status, 404)
        self.assertEqual(ben.request("DELETE", f"/v1/datasets/{dataset}").status, 404)
        self.assertEqual((ben.get("/v1/datasets"), ben.get("/v1/docker/worker"), ben.get("/v1/docker/runs")), ([], [], []))

    def test_secrets_are_in_no_answer_no_log_and_no_file(self):
        self.start()
        client = self.client()
        dataset = client.create("/v1/datasets", {"name": "secretive", "type": "Images"})["id"]
        client.put(f"/v1/datasets/{dataset}/datasource",
                   {"type": "S3", "purpose": "INPUT", "fullPath": "s3://b", "s3Region": "eu-central-1",
                    "s3AccessKeyId": "id", "s3SecretAccessKey": "TopSecretValue"})
        for path in ["datasource", "datasource/all", "datasource/verify", ""]:
            self.assertNotIn(b"TopSecret", client.request("GET", f"/v1/datasets/{dataset}/{path}".rstrip("/")).bytes)
        self.assertEqual(client.get(f"/v1/datasets/{dataset}/datasource")["s3SecretAccessKey"], "*****")
        client.request("GET", "/v1/datasets/query/name/x", [("exact", True)])
        self.assertEqual(self.stop(), 0)
        log = self.log.read_text()
        self.assertIn('"path":"/v1/datasets"', log)
        files = [path for path in (self.folder / "data").rglob("*") if path.is_file() and path.name != "server.key"]
        stored = [path.read_bytes() for path in files]
        if support.ON_POSTGRES:
            stored.append(support.postgres_cluster.dump(self.database))
        self.assertTrue(any(b"secretive" in content for content in stored))
        for content in [log.encode(), *stored]:
            self.assertNotIn(b"TopSecret", content)
            self.assertNotIn(self.token.encode(), content)
        self.assertEqual((self.folder / "data").stat().st_mode & 0o777, 0o700)

    def test_names_that_are_more_than_names_do_no_harm(self):
        self.start()
        client = self.client()
        client.create("/v1/datasets", {"name": "kept", "type": "Images"})
        for name in ["' OR 1=1 --", "x'; DROP TABLE datasets; --", "../../etc", "%00", "<script>", "a" * 5000]:
            self.assertEqual(client.request("POST", "/v1/datasets", (), {"name": name, "type": "Images"}).status, 400)
            query = "/v1/datasets/query/name/" + urllib.parse.quote(name, safe="")
            self.assertEqual(client.get(query, ("exact", True), ("shared", False)), [])
            self.assertIn(client.request("GET", "/v1/datasets/" + urllib.parse.quote(name, safe="")).status, (400, 404))
        self.assertEqual(len(client.get("/v1/datasets")), 1)
        for path in ["/v1/files/../server.key", "/v1/files/%2e%2e/server.key", "/v1/files/..%2fserver.key", "/../server.key"]:
            self.assertIn(client.send("GET", path + "?expires=99999999999&signature=00").status, (403, 404), path)

    def test_methods_that_nobody_handles_are_refused(self):
        self.start()
        for method in ("PRI", "TRACE", "CONNECT"):
            received = self.raw(f"{method} / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd".encode())
            self.assertRegex(received, rb"^HTTP/1\.1 405 ")
            self.assertEqual(received.count(b"HTTP/1.1"), 1, "what followed was taken for a request")

    def test_behind_a_chunk_that_ends_wrongly_nothing_is_a_request(self):
        self.start()
        body = b'21\r\n{"name": "one", "type": "Images"}JUNK\r\nGET /v1/datasets HTTP/1.1\r\n\r\n'
        head = f"POST /v1/datasets?token={self.token} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        self.assertEqual(self.raw(head + body).count(b"HTTP/1.1 "), 1)

    def test_oversized_bodies_are_refused_without_being_read(self):
        self.start()
        head = f"POST /v1/datasets?token={self.token} HTTP/1.1\r\nHost: x\r\n"
        self.assertIn(b" 413 ", self.raw(f"{head}Content-Length: 99999999999\r\n\r\n".encode()).split(b"\r\n")[0])
        piece = b"10000\r\n" + 65536 * b" " + b"\r\n"
        chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + 600 * piece
        try:
            self.assertIn(b" 413 ", self.raw(chunked).split(b"\r\n")[0])
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed on us in the middle: as good
        self.assertEqual(self.client().get("/v1/datasets"), [])

    def test_nonsense_is_answered_or_dropped_and_the_server_lives(self):
        self.start()
        for text in [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01\x00" + 100 * b"\x00",
                     b"GET /" + 9000 * b"a" + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b" + 9000 * b"c" + b"\r\n\r\n",
                     b"GET /v1/%zz HTTP/1.1\r\nConnection: close\r\n\r\n",
                     b"POST /v1/datasets HTTP/1.1\r\nContent-Length: -5\r\nConnection: close\r\n\r\n"]:
            try:
                received = self.raw(text)
            except ConnectionResetError:
                continue
            if received:
                self.assertRegex(received, rb"^HTTP/1\.1 4\d\d ")
        self.assertEqual(self.client().get("/v1/datasets"), [])

    def test_what_does_not_end_takes_no_memory(self):
        self.start()
        chunked = f"POST /v1/datasets?token={self.token} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        for begin, piece in ((b"GET /v1/datasets HTTP/1.1\r\nX: ", 65536 * b"a"),
                             (b"GET /v1/datasets HTTP/1.1\r\nX: ", 8192 * b"a: bcde\r\n"),
                             (chunked, 65536 * b"1"),
                             (b"PRI / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 65536 * b"a")):
            sent, most = 0, 512 << 20
            with socket.create_connection(("127.0.0.1", self.port), timeout=120) as connection:
                try:
                    connection.sendall(begin)
                    while sent < most:
                        connection.sendall(piece)
                        sent += len(piece)
                except ConnectionError:
                    pass  # it was cut off, after some of it was dropped
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())
        self.assertLess(int(peak), 256 << 10)
        self.assertEqual(self.client().get("/v1/datasets"), [])

    def test_slow_clients_do_not_keep_others_waiting(self):
        self.start("--threads", 4)
        slow = []
        for _ in range(12):
            connection = socket.create_connection(("127.0.0.1", self.port))
            self.addCleanup(connection.close)
            connection.sendall(b"GET /v1/datasets HTTP/1.1\r\nX-Slow: ")
            slow.append(connection)
        ended = threading.Event()
        self.addCleanup(ended.set)

        def trickle():
            while not ended.wait(1):
                for connection in slow:
                    try:
                        connection.send(b"a")
                    except OSError:
                        pass

        threading.Thread(target=trickle, daemon=True).start()
        begin = time.monotonic()
        self.assertEqual(self.client().get("/v1/datasets"), [])
        self.assertLess(time.monotonic() - begin, 200)  # three rounds of ten seconds each

    def test_a_connection_serves_many_requests_and_gives_way_to_others(self):
        self.start("--threads", 2)
        kept = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=30) for _ in range(8)]
        for connection in kept:
            self.addCleanup(connection.close)
        begin = time.monotonic()
        reopened = 0
        for _ in range(5):
            for connection in kept:
                for attempt in range(2):
                    try:
                        connection.request("GET", f"/v1/datasets?token={self.token}")
                        self.assertEqual(connection.getresponse().read(), b"[]")
                        break
                    except (http.client.RemoteDisconnected, ConnectionError):
                        connection.close()  # it gave way while it was idle; what clients do is open it again
                        reopened += 1
        for _ in range(20):
            kept[-1].request("GET", f"/v1/datasets?token={self.token}")
            kept[-1].getresponse().read()
        self.assertGreater(reopened, 0)
        self.assertLess(time.monotonic() - begin, 100)

    def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=support.PATIENCE)
        self.addCleanup(connection.close)
        seconds = []
        for _ in range(60):
            begin = time.monotonic()
            connection.request("GET", f"/v1/datasets?token={self.token}")
            connection.getresponse().read()
            seconds.append(time.monotonic() - begin)
        # A delayed ACK takes 40 ms. Most of the requests, as a busy machine has pauses of its own.
        self.assertLess(sorted(seconds)[len(seconds) // 2], 0.03)

    def test_sigterm_lets_requests_finish(self):
        self.start()
        run = self.client().create("/v1/docker/runs", {"dockerVersion": "1"})["id"]
        artifact = self.client().create(f"/v1/docker/runs/{run}/artifacts", {"fileName": "log.txt", "type": "LOG"})
        target = urllib.parse.urlsplit(artifact["signedWriteUrl"])
        with socket.create_connection(("127.0.0.1", self.port), timeout=support.PATIENCE) as upload:
            upload.sendall(f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n"
                           "Expect: 100-continue\r\n\r\n".encode())
            self.assertTrue(upload.recv(65536).startswith(b"HTTP/1.1 100 "))  # the server has begun
            upload.sendall(b"half")
            self.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            upload.sendall(b"half")
            self.assertIn(b" 200 ", upload.recv(65536).split(b"\r\n")[0])
        self.assertEqual(self.process.wait(timeout=support.PATIENCE), 0)
        stored = list((self.folder / "data/files/artifacts").rglob("*"))
        self.assertIn(b"halfhalf", [path.read_bytes() for path in stored if path.is_file()])

    def test_health_and_metrics_need_no_token(self):
        self.start()
        client = self.client(token="")
        self.assertEqual(client.send("GET", "/healthz").bytes, b"ok\n")
        self.assertEqual(client.send("GET", "/readyz").status, 200)
        self.assertIn(b"# TYPE pretag_http_requests_total counter", client.send("GET", "/metrics").bytes)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls_with_a_certificate_of_ones_own(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       cwd=self.folder, check=True, capture_output=True)
        self.start("--tls-cert", "cert.pem", "--tls-key", "key.pem", scheme="https")
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=support.PATIENCE, context=context)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("GET", f"/v1/datasets?token={self.token}")
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"[]"))
        connection.request("GET", f"/v1/datasets/x/../y?token={self.token}")
        self.assertEqual(connection.getresponse().status, 404)

    def test_what_cannot_work_is_said_at_the_start(self):
        self.start()
        done = self.run_pretag("serve", "--data", "other", "--port", self.port, code=support.ERROR)
        self.assert_plain_error(done, str(self.port), "taken")
        done = self.run_pretag("serve", "--data", "other", "--tls-cert", "absent.pem", "--tls-key", "absent.pem",
                               code=support.USAGE)
        self.assert_plain_error(done, "absent.pem")
        done = self.run_pretag("serve", "--data", "other", "--database", "mysql://me:secret@host/x", code=support.USAGE)
        self.assert_plain_error(done, "mysql://", "postgresql://")
        self.assertNotIn("secret", done.stderr)

    @unittest.skipIf(support.ON_POSTGRES, "of SQLite")
    def test_a_file_that_is_no_database_is_refused(self):
        (self.folder / "bad").mkdir()
        (self.folder / "bad/server.db").write_bytes(b"not a database, but long enough to be looked at" * 20)
        done = self.run_pretag("serve", "--data", "bad", "--port", "0", code=support.ERROR)
        self.assert_plain_error(done, "server.db", "not an SQLite file")

    @unittest.skipIf(support.ON_POSTGRES, "of SQLite; postgresql_may_fail.py has the same for PostgreSQL")
    def test_a_locked_database_is_waited_for_or_answered_with_503(self):
        self.start()
        blocker = sqlite3.connect(self.folder / "data/server.db", isolation_level=None)
        self.addCleanup(blocker.close)
        blocker.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.client().get("/v1/datasets"), [])  # readers go on
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.client().request, "POST", "/v1/datasets", (), {"name": "later", "type": "Images"})
            time.sleep(1)
            blocker.execute("ROLLBACK")
            self.assertEqual(waiting.result().status, 201)
        blocker.execute("BEGIN IMMEDIATE")
        answer = self.client().request("POST", "/v1/datasets", (), {"name": "never", "type": "Images"})
        self.assertEqual(answer.status, 503)
        self.assertNotIn(b"server.db", answer.bytes)
        self.assertIn("server.db", self.log.read_text())


if __name__ == "__main__":
    support.main()
