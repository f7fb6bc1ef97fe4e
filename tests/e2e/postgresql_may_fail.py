#!/usr/bin/env python3
"""pretag serve on PostgreSQL, when something is wrong with that: it says what, keeps what it confirmed, and goes on."""

import concurrent.futures
import subprocess
import threading
import time
from pathlib import Path

import support
from postgres_cluster import Cluster, new_database, psql

WRITE_LOCK = int.from_bytes(b"pretag", "big")


class PostgresqlMayFail(support.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)

    def setUp(self):
        super().setUp()
        if self.cluster.server.poll() is not None:
            self.cluster.start()
        self.database = new_database(self.cluster.url())
        self.name = self.database.rsplit("/", 1)[1]

    def refuses_to_start(self, *parts, **options):
        done = self.run_pretag("serve", "--data", "other", "--port", 0, code=support.ERROR, **options)
        self.assert_plain_error(done, *parts)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertNotIn(self.cluster.password, done.stderr)

    def new_datasets(self, stop):
        """Makes datasets until it is told to stop; returns the statuses, and the names of those that were confirmed."""
        client, statuses, names = self.client(), set(), []
        while not stop.is_set():
            name = f"dataset {threading.get_ident()} {len(names)} {time.monotonic_ns()}"
            answer = client.request("POST", "/v1/datasets", (), {"name": name, "type": "Images"})
            statuses.add(answer.status)
            if answer.status == 201:
                names.append(name)
        return statuses, names

    def test_a_restart_fails_the_requests_at_hand_and_no_later_ones(self):
        self.start()
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            writers = [pool.submit(self.new_datasets, stop) for _ in range(8)]
            try:
                time.sleep(1)
                self.cluster.restart()
                # All eight had connections, and each has to be replaced.
                answers = [self.client().request("GET", "/v1/datasets").status for _ in range(20)]
                time.sleep(1)
            finally:
                stop.set()
            results = [writer.result() for writer in writers]
        self.assertEqual(answers, 20 * [200])
        self.assertEqual(set().union(*(statuses for statuses, _ in results)), {201, 503})
        there = {entry["name"] for entry in self.client().get("/v1/datasets")}
        self.assertLessEqual({name for _, names in results for name in names}, there)
        self.assertNotIn(self.cluster.password, self.log.read_text())
        self.assertIn(f"PostgreSQL database {self.name} at 127.0.0.1:{self.cluster.port}", self.log.read_text())

    def test_connections_that_ended_while_they_rested_fail_nothing(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: self.client().get("/v1/datasets"), range(60)))
        self.cluster.restart()
        self.assertEqual([self.client().request("GET", "/v1/datasets").status for _ in range(40)], 40 * [200])

    def test_readiness_names_the_database_that_is_gone(self):
        self.start()
        client = self.client(token="")
        self.assertEqual(client.send("GET", "/readyz").bytes, b"ready\n")
        self.cluster.halt()
        answer = client.send("GET", "/readyz")
        self.assertEqual((answer.status, answer.json["code"]), (503, "NOT_READY"))
        self.assertIn(f"PostgreSQL database {self.name} at 127.0.0.1:{self.cluster.port}", answer.json["error"])
        self.assertNotIn(self.cluster.password.encode(), answer.bytes)
        self.assertEqual(client.send("GET", "/healthz").status, 200)
        refused = self.client().request("GET", "/v1/datasets")
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (503, "2"))
        self.assertNotIn(str(self.cluster.port).encode(), refused.bytes)
        self.cluster.start()
        self.assertEqual(client.send("GET", "/readyz").status, 200)
        self.assertEqual(self.client().get("/v1/datasets"), [])

    def test_what_cannot_work_is_said_in_one_line(self):
        here = f"PostgreSQL database {self.name} at 127.0.0.1:{self.cluster.port}: "
        good = self.database
        self.database = self.cluster.url(self.name, password="incorrect")
        self.refuses_to_start(here, "password authentication failed")
        self.database = good + "-absent"
        self.refuses_to_start("-absent", "does not exist")
        self.database = new_database(self.cluster.url(), "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")
        self.refuses_to_start("LATIN1", "UTF8")
        self.database = good
        psql(good, "CREATE TABLE users (name text)")
        self.refuses_to_start(here, '"users"', "a database of its own")
        self.assertEqual(psql(good, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1", "nothing was made")
        psql(good, "DROP TABLE users; CREATE TABLE schema_version (version bigint); INSERT INTO schema_version VALUES (99)")
        self.refuses_to_start("newer pretag", "99")
        psql(good, "CREATE ROLE guest LOGIN PASSWORD 'guest'; DROP TABLE schema_version")
        self.database = good.replace(f"pretag:{self.cluster.password}", "guest:guest")
        self.refuses_to_start(here, "rights", "permission denied")
        self.database = good
        self.cluster.halt()
        self.refuses_to_start(here, "Connection refused")
        self.database = "postgresql://pretag:un@escaped/password@host/name"
        done = self.run_pretag("serve", "--data", "other", code=support.USAGE)
        self.assert_plain_error(done, "%40")
        self.assertNotIn("escaped", done.stderr)

    def test_the_password_may_come_from_where_libpq_finds_it(self):
        with_password, without = self.database, self.database.replace(":" + self.cluster.password, "")
        self.database = without
        self.refuses_to_start("password", env={"HOME": str(self.folder)})
        self.run_pretag("token", "list", "--data", "data", env={"PGPASSWORD": self.cluster.password})
        passwords = self.folder / "pgpass"
        passwords.write_text(f"127.0.0.1:{self.cluster.port}:*:pretag:{self.cluster.password}\n")
        passwords.chmod(0o600)
        self.run_pretag("token", "list", "--data", "data", env={"PGPASSFILE": str(passwords)})
        service = self.folder / "services"
        service.write_text(f"[here]\nhost=127.0.0.1\nport={self.cluster.port}\nuser=pretag\ndbname={self.name}\n"
                           f"password={self.cluster.password}\n")
        self.database = "postgresql://?service=here"
        self.run_pretag("token", "list", "--data", "data", env={"PGSERVICEFILE": str(service)})
        self.database = with_password
        self.start()
        arguments = Path(f"/proc/{self.process.pid}/cmdline").read_bytes()
        self.assertNotIn(self.cluster.password.encode(), arguments)
        self.assertIn(b"postgresql://pretag:*", arguments)

    def test_a_lock_that_others_hold_is_waited_for_or_answered_with_503(self):
        self.start()

        def hold():
            """A writer that takes its time; killing psql would leave it at work on the server."""
            held = subprocess.Popen([self.cluster.programs / "psql", "-X", "-q", "-A", "-t", "-d", self.database],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            self.addCleanup(support.end, held)
            self.addCleanup(held.stdin.close)
            self.addCleanup(held.stdout.close)
            held.stdin.write(f"BEGIN; SELECT 'held' FROM pg_advisory_xact_lock({WRITE_LOCK});\n")
            self.assertEqual(held.stdout.readline(), "held\n")
            return held
        held = hold()
        self.assertEqual(self.client().get("/v1/datasets"), [])  # readers go on
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.client().request, "POST", "/v1/datasets", (), {"name": "later", "type": "Images"})
            time.sleep(1)
            self.assertFalse(waiting.done())
            held.stdin.write("COMMIT;\n")
            self.assertEqual(waiting.result().status, 201)
        hold()
        answer = self.client().request("POST", "/v1/datasets", (), {"name": "never", "type": "Images"})
        self.assertEqual(answer.status, 503)
        self.assertIn("locked by another writer", self.log.read_text())


class TwoServers(support.ServerTest):
    """At one database and one data folder, as behind a proxy that shares out requests."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)

    def setUp(self):
        super().setUp()
        self.database = new_database(self.cluster.url())
        self.processes = [self.launch() for _ in range(2)]  # at the same time, on nothing
        self.ports = [int(process.stdout.readline().rsplit(":", 1)[1]) for process in self.processes]
        self.token = self.new_token("anna")
        self.clients = [self.at(port) for port in self.ports]

    def launch(self):
        log = open(self.folder / "access.log", "a")
        self.addCleanup(log.close)
        process = subprocess.Popen(self.command("serve", "--data", "data", "--port", 0, "--lease", 20), cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(support.end, process)
        return process

    def at(self, port):
        self.port = port
        return self.client()

    def new_job(self, dataset):
        config = self.clients[0].create("/v1/docker/worker/config/vX", {"version": "V4", "config": {"workerType": "FULL"}})
        return self.clients[0].create(f"/v1/datasets/{dataset}/docker/worker/schedule", {"configId": config["id"]})["id"]

    def test_give_each_job_to_one_worker_and_lose_no_write(self):
        first, second = self.clients
        self.assertEqual(psql(self.database, "SELECT count(*), max(version) > 0 FROM schema_version"), "1|t")
        dataset = first.create("/v1/datasets", {"name": "race", "type": "Images"})["id"]
        workers = [second.create("/v1/docker/worker", {"name": f"worker {i}", "workerType": "FULL"})["id"] for i in range(20)]
        for _ in range(5):
            job = self.new_job(dataset)

            def take(number):
                path = f"/v1/datasets/{dataset}/docker/worker/{workers[number]}/schedule/{job}"
                return self.clients[number % 2].request("PUT", path, (), {"state": "LOCKED"}).status
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                self.assertEqual(sorted(pool.map(take, range(20))), [204] + 19 * [400])
        files = [f"{i:03}.png" for i in range(200)]

        def add(name):
            return self.clients[int(name[:3]) % 2].create(f"/v1/datasets/{dataset}/samples", {"fileName": name})["id"]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(len(set(pool.map(add, files))), len(files))
        self.assertEqual(second.get(f"/v1/datasets/{dataset}")["nSamples"], len(files))
        names = first.get(f"/v1/datasets/{dataset}/mappings", ("field", "fileName"))
        self.assertEqual(sorted(names), files)
        self.assertEqual(psql(self.database, "SELECT count(DISTINCT position), max(position) FROM samples"), "200|199")

    def test_go_on_for_each_other(self):
        first, second = self.clients
        dataset = first.create("/v1/datasets", {"name": "shared", "type": "Images"})["id"]
        run = first.create("/v1/docker/runs", {"dockerVersion": "1", "datasetId": dataset})["id"]
        artifact = first.create(f"/v1/docker/runs/{run}/artifacts", {"fileName": "log.txt", "type": "LOG"})
        self.assertEqual(first.follow("PUT", artifact["signedWriteUrl"], b"hello").status, 200)
        job = self.new_job(dataset)
        one, other = (first.create("/v1/docker/worker", {"name": name, "workerType": "FULL"})["id"] for name in ("one", "other"))
        lock = f"/v1/datasets/{dataset}/docker/worker/{{}}/schedule/{job}"
        first.put(lock.format(one), {"state": "LOCKED"})
        self.assertEqual(second.request("PUT", lock.format(other), (), {"state": "LOCKED"}).status, 400)
        self.processes[0].kill()
        second.put(f"/v1/docker/runs/{run}/artifacts/{artifact['artifactId']}/confirmUpload")
        link = second.get(f"/v1/docker/runs/{run}/artifacts/{artifact['artifactId']}/readurl")
        self.assertEqual(second.follow("GET", link).bytes, b"hello")
        deadline = time.monotonic() + 300
        while not second.get(f"/v1/docker/worker/{other}/schedule", ("state", "OPEN")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        second.put(lock.format(other), {"state": "LOCKED"})


if __name__ == "__main__":
    support.main()
