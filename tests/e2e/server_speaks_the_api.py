#!/usr/bin/env python3
"""pretag serve on a real socket: the flow of a script and a worker, in the request shapes of each generation of the public
client, with the checks that the strictest of them makes. And what a server in a network has to withstand."""

import concurrent.futures
import http.client
import json
import os
import re
import resource
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

ID = re.compile("[a-f0-9]{24}")
DATASET_KEYS = {"id", "name", "userId", "type", "nSamples", "sizeInBytes", "createdAt", "lastModifiedAt"}
DATASET_MORE = {"accessType", "imgType", "metaDataConfigurationId", "datasources", "accessRole", "parentDatasetId",
                "originalDatasetId", "datasourceProcessedUntilTimestamp"}
JOB_KEYS = {"id", "datasetId", "configId", "priority", "runsOn", "state", "createdAt", "lastModifiedAt"}
RUN_KEYS = {"id", "userId", "dockerVersion", "state", "createdAt", "lastModifiedAt"}
RUN_MORE = {"datasetId", "configId", "scheduledId", "message", "artifacts"}
WORKER_KEYS = {"id", "userId", "name", "workerType", "state", "createdAt", "lastModifiedAt", "labels"}
TAG_KEYS = {"id", "datasetId", "prevTagId", "name", "bitMaskData", "totSize", "createdAt"}
TAG_MORE = {"queryTagId", "preselectedTagId", "lastModifiedAt", "changes", "runId"}

# Version of the client: where its configuration goes, in which form, and what the worker is told its version is.
GENERATIONS = {
    "1.2.47": ("", {"pretagging": True, "pretagging_debug": True}, "V0"),
    "1.3.3": ("/v2", {"pretagging": True}, "V2"),
    "1.4.26": ("/v3", {"pretagging": True}, "V3"),
    "1.5.26": ("/vX", {"pretagging": True}, "V4"),
}


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
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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


class ServerTest(support.EndToEndTest):
    def start(self, *options, scheme="http", port=0, largest_file=None):
        """Starts a server with a token of anna's; its log goes to a file. No file may grow beyond `largest_file` bytes,
        as on a full disk: then writing fails, as Python has the signal ignored, which the server inherits."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        self.log = self.folder / "access.log"
        log = open(self.log, "a")
        self.addCleanup(log.close)
        self.process = subprocess.Popen(
            self.command("serve", "--data", "data", "--port", port, "--init", "--user", "anna", *options),
            preexec_fn=limit if largest_file else None, restore_signals=largest_file is None, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(support.end, self.process)
        line = self.process.stdout.readline()
        if line.startswith("Your first token"):
            self.token = line.split()[-1]
            line = self.process.stdout.readline()
        self.port = int(re.fullmatch(rf"Listening on {scheme}://127\.0\.0\.1:(\d+)\n", line).group(1))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def client(self, version="1.5.26", token=None):
        return Client(self, self.port, self.token if token is None else token, version)

    def new_token(self, user):
        return self.run_pretag("token", "create", "--data", "data", "--user", user).stdout.strip()

    def assert_keys(self, value, required, optional=frozenset()):
        self.assertLessEqual(required, value.keys())
        self.assertLessEqual(value.keys(), required | optional)


class TheFlow(ServerTest):
    def play_generation(self, version):
        name = f"street scenes {version.replace('.', '-')}"
        script, worker = self.client(version), self.client()
        self.assertRegex(Client(self, self.port, "").get("/v1/versions/pip/latest", ("currentVersion", version)),
                         r"^\d+\.\d+\.\d+$")

        # The script: a dataset, its data source, a worker, a configuration, a job.
        quoted = "/v1/datasets/query/name/" + urllib.parse.quote(name, safe="")
        self.assertEqual(script.get(quoted, ("shared", False), ("exact", True), ("pageSize", 5000), ("pageOffset", 0)), [])
        created = script.create("/v1/datasets", {"name": name, "type": "Images", "creator": "USER_PIP"})
        self.assert_keys(created, {"id"})
        dataset = f"/v1/datasets/{created['id']}"
        found = script.all_pages(quoted, 5000, ("shared", False), ("exact", True))
        self.assertEqual([entry["id"] for entry in found], [created["id"]])
        self.assert_keys(found[0], DATASET_KEYS, DATASET_MORE)
        for purpose in ["INPUT", "LIGHTLY"] if script.version >= (1, 4, 14) else ["INPUT_OUTPUT"]:
            script.put(f"{dataset}/datasource", {
                "type": "LOCAL", "purpose": purpose, "fullPath": "pictures",
                "thumbSuffix": ".lightly/thumbnails/[filename]_thumb.[extension]",
                **({"webServerLocation": "http://localhost:3456"} if script.version >= (1, 4, 16) else {})})
        worker_id = script.create("/v1/docker/worker", {"name": "Default", "workerType": "FULL", "labels": ["cpu"],
                                                        "creator": "USER_PIP"})["id"]
        self.assertEqual([entry["id"] for entry in script.get("/v1/docker/worker")], [worker_id])
        path, docker, told = GENERATIONS[version]
        config = {"workerType": "FULL", "docker": docker, "lightly": {"collate": {"rrDegrees": None}},
                  "selection": {"nSamples": 2, "strategies": [{"input": {"type": "EMBEDDINGS"},
                                                               "strategy": {"type": "DIVERSITY"}}]}}
        config_id = script.create(f"/v1/docker/worker/config{path}",
                                  {"config": config, **({"version": "V4"} if path == "/vX" else {}),
                                   **({"creator": "USER_PIP"} if path else {})})["id"]
        job = script.create(f"{dataset}/docker/worker/schedule",
                            {"configId": config_id, "priority": "MID", "runsOn": ["cpu"], "creator": "USER_PIP"})["id"]
        self.assertEqual(script.request("GET", f"/v1/docker/runs/schedule/{job}").status, 404)
        scheduled = script.get(f"{dataset}/docker/worker/schedule")
        self.assertEqual([entry["id"] for entry in scheduled], [job])
        self.assert_keys(scheduled[0], JOB_KEYS, {"userId", "owner"})

        # The worker: finds it, takes it, works, reports, uploads.
        worker.put(f"/v1/docker/worker/{worker_id}", {"state": "IDLE", "dockerVersion": "0.1.0"})
        self.assert_keys(worker.get(f"/v1/docker/worker/{worker_id}"), WORKER_KEYS, {"isDefault", "dockerVersion"})
        open_jobs = worker.get(f"/v1/docker/worker/{worker_id}/schedule", ("state", "OPEN"))
        self.assertEqual([entry["id"] for entry in open_jobs], [job])
        lock = f"{dataset}/docker/worker/{worker_id}/schedule/{job}"
        worker.put(lock, {"state": "LOCKED", "priority": "MID", "runsOn": ["cpu"]})
        read = worker.get(f"/v1/docker/worker/config/vX/{config_id}")
        self.assert_keys(read, {"id", "version", "createdAt", "config"}, {"configOrig"})
        self.assertEqual((read["version"], read["config"]), (told, config))
        run = worker.create("/v1/docker/runs", {"dockerVersion": "0.1.0", "datasetId": created["id"], "scheduledId": job,
                                                "configId": config_id, "creator": "USER_WORKER"})["id"]
        worker.put(f"/v1/docker/runs/{run}", {"state": "PRETAGGING", "message": "Pretagging: 1/3", "ts": 1})
        seen = script.get(f"/v1/docker/runs/schedule/{job}")
        self.assert_keys(seen, RUN_KEYS, RUN_MORE)
        self.assertEqual((seen["state"], seen["message"]), ("PRETAGGING", "Pretagging: 1/3"))
        worker.put(f"/v1/docker/runs/{run}/logs", [{"ts": 1, "level": "INFO", "group": "run", "msg": "hello"}])
        files = ["a.png", "b c.png", "d/e.png"]
        samples = [worker.create(f"{dataset}/samples/withWriteUrls", {"fileName": file, "metaData": {"sizeInBytes": 9}})
                   for file in files]
        self.assert_keys(samples[0], {"id", "sampleWriteUrls"})
        worker.create(f"{dataset}/tags/initial", {"name": "initial-tag", "creator": "USER_WORKER", "imgType": "full",
                                                  "runId": run})
        embedding = worker.get(f"{dataset}/embeddings/writeCSVUrl", ("name", "default"))
        self.assertEqual(worker.follow("PUT", embedding["signedWriteUrl"], b"filenames,embedding_0,labels\n").status, 200)
        worker.put(f"{dataset}/embeddings/{embedding['embeddingId']}/isProcessed", {"rowCount": 3})
        worker.create(f"{dataset}/predictions/tasks",
                      {"name": "lightly_pretagging", "type": "OBJECT_DETECTION", "categories": [{"id": 0, "name": "car"}]},
                      ("predictionUUIDTimestamp", 1700000000000))
        worker.create(f"{dataset}/predictions/samples/{samples[0]['id']}",
                      [{"type": "OBJECT_DETECTION", "taskName": "lightly_pretagging", "categoryId": 0, "score": 0.5,
                        "bbox": [1, 2, 3, 4]}], ("predictionUUIDTimestamp", 1700000000000))
        report = os.urandom(200_000)
        for kind, file, content in [("REPORT_PDF", "report.pdf", report), ("LOG", "log.txt", b""),
                                    ("REPORT_V2_JSON", "report_v2.json", b"{}")]:
            artifact = worker.create(f"/v1/docker/runs/{run}/artifacts", {"fileName": file, "type": kind})
            self.assert_keys(artifact, {"signedWriteUrl", "artifactId"})
            self.assertEqual(worker.follow("PUT", artifact["signedWriteUrl"], content).status, 200)
            worker.put(f"/v1/docker/runs/{run}/artifacts/{artifact['artifactId']}/confirmUpload")
        worker.put(f"/v1/docker/runs/{run}", {"state": "COMPLETED", "message": "done"})
        worker.put(lock, {"state": "DONE"})
        worker.put(f"/v1/docker/worker/{worker_id}", {"state": "IDLE"})

        # The script again: what came of it.
        self.assertEqual(script.get(f"{dataset}/docker/worker/schedule"), [])
        done = script.get(f"/v1/docker/runs/{run}")
        self.assertEqual(done["state"], "COMPLETED")
        kinds = {entry["type"]: entry for entry in done["artifacts"]}
        self.assertEqual("REPORT_V2_JSON" in kinds, not (1, 4, 8) <= script.version <= (1, 4, 20))
        self.assert_keys(kinds["REPORT_PDF"], {"id", "type", "fileName"}, {"storageLocation", "createdAt"})
        for kind, content in [("REPORT_PDF", report), ("LOG", b"")]:
            link = script.get(f"/v1/docker/runs/{run}/artifacts/{kinds[kind]['id']}/readurl")
            fetched = script.follow("GET", link)
            self.assertEqual((fetched.status, fetched.bytes), (200, content))
            self.assertIsNone(fetched.headers.get("Content-Encoding"))
        tags = script.get(f"{dataset}/tags")
        self.assert_keys(tags[0], TAG_KEYS, TAG_MORE)
        self.assertEqual([entry["id"] for entry in script.get(f"/v1/docker/runs/{run}/tags")], [tags[0]["id"]])
        names = script.all_pages(f"{dataset}/mappings", 25000, ("field", "fileName"))
        self.assertEqual(names, files)
        part = script.create(f"{dataset}/tags", {"name": "chosen ones", "prevTagId": tags[0]["id"], "bitMaskData": "0x5",
                                                 "totSize": 3, "creator": "USER_PIP"})["id"]
        both = script.request("POST", f"{dataset}/tags/arithmetics/bitmask", (),
                              {"tagId1": tags[0]["id"], "tagId2": part, "operation": "DIFFERENCE"})
        self.assertEqual((both.status, both.json), (200, {"bitMaskData": "0x2"}))
        export = f"{dataset}/tags/{part}/export"
        self.assertEqual(script.get(f"{export}/basic/filenames", ("pageSize", 5000), ("pageOffset", 0)), "a.png\nd/e.png")
        self.assertEqual(script.get(f"{export}/basic/filenames", ("pageSize", 5000), ("pageOffset", 5000)), "")
        self.assertEqual([entry["data"]["lightlyFileName"] for entry in script.all_pages(f"{export}/LabelStudio/tasks", 2500)],
                         ["a.png", "d/e.png"])
        embeddings = script.get(f"{dataset}/embeddings")
        self.assert_keys(embeddings[0], {"id", "name", "isProcessed", "createdAt"}, {"is2d"})
        link = script.get(f"{dataset}/embeddings/{embeddings[0]['id']}/readCSVUrl")
        self.assertTrue(script.follow("GET", link).bytes.startswith(b"filenames,"))
        script.delete(f"{dataset}/tags/{part}")
        script.delete(dataset)
        self.assertEqual(script.request("GET", dataset).status, 404)

    def test_a_whole_job_in_the_shapes_of_each_generation(self):
        self.start()
        for version in GENERATIONS:
            with self.subTest(version):
                self.play_generation(version)

    def test_of_twenty_workers_that_race_exactly_one_gets_the_job(self):
        self.start()
        client = self.client()
        dataset = client.create("/v1/datasets", {"name": "race", "type": "Images"})["id"]
        workers = [client.create("/v1/docker/worker", {"name": f"worker {i}", "workerType": "FULL"})["id"] for i in range(20)]
        config = client.create("/v1/docker/worker/config/vX", {"version": "V4", "config": {"workerType": "FULL"}})["id"]
        for _ in range(3):
            job = client.create(f"/v1/datasets/{dataset}/docker/worker/schedule", {"configId": config})["id"]
            paths = [f"/v1/datasets/{dataset}/docker/worker/{worker}/schedule/{job}" for worker in workers]
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda path: client.request("PUT", path, (), {"state": "LOCKED"}), paths))
            self.assertEqual(sorted(answer.status for answer in answers), [204] + 19 * [400])
            codes = {answer.json["code"] for answer in answers if answer.status == 400}
            self.assertEqual(codes, {"DOCKER_WORKER_SCHEDULE_UPDATE_FAILED"})

    def test_survives_being_killed_and_keeps_what_was_confirmed(self):
        self.start()
        dataset = self.client().create("/v1/datasets", {"name": "kept", "type": "Images"})["id"]
        artifact_owner = self.client().create("/v1/docker/runs", {"dockerVersion": "1", "datasetId": dataset})["id"]
        artifact = self.client().create(f"/v1/docker/runs/{artifact_owner}/artifacts", {"fileName": "log.txt", "type": "LOG"})
        # Half of an upload, when the server dies.
        target = urllib.parse.urlsplit(artifact["signedWriteUrl"])
        upload = socket.create_connection(("127.0.0.1", self.port))
        self.addCleanup(upload.close)
        upload.sendall(f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
        time.sleep(0.3)
        self.stop(signal.SIGKILL)
        self.start()
        client = self.client()
        self.assertEqual(client.get(f"/v1/datasets/{dataset}")["name"], "kept")
        confirm = f"/v1/docker/runs/{artifact_owner}/artifacts/{artifact['artifactId']}/confirmUpload"
        self.assertEqual(client.request("PUT", confirm).json["code"], "DOCKER_RUN_ARTIFACT_UNAVAILABLE")
        self.assertEqual(client.get(f"/v1/docker/runs/{artifact_owner}")["artifacts"], [])


class InANetwork(ServerTest):
    def raw(self, text, patience=30):
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
        self.assertLess(time.monotonic() - begin, 50)  # three rounds of ten seconds each

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
        self.assertLess(time.monotonic() - begin, 14)

    def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
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
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as upload:
            upload.sendall(f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf".encode())
            time.sleep(0.3)
            self.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            upload.sendall(b"half")
            self.assertIn(b" 200 ", upload.recv(65536).split(b"\r\n")[0])
        self.assertEqual(self.process.wait(timeout=30), 0)
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
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
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
