#!/usr/bin/env python3
"""pretag serve and pretag worker together, when something goes wrong: jobs are done once and whole."""

import concurrent.futures
import os
import re
import socket
import struct
import subprocess
import time
import urllib.parse

import support

IMAGES = 200  # or a fast machine is through before anybody has seen it begin
FINAL = ("COMPLETED", "FAILED", "CRASHED", "ABORTED")


class ServerAndWorkerSurviveFaults(support.ServerTest):
    def prepare(self, *options):
        """A server, and a dataset of pictures."""
        self.images("input/pictures", "small", IMAGES)
        (self.folder / "lightly").mkdir()
        self.start("--lease", 2, *options)
        self.script = self.client()
        self.dataset = self.new_dataset("pictures")
        self.logs = 0

    def new_dataset(self, name):
        dataset = self.script.create("/v1/datasets", {"name": name, "type": "Images"})["id"]
        for purpose, path in (("INPUT", "pictures"), ("LIGHTLY", "")):
            self.script.put(f"/v1/datasets/{dataset}/datasource", {"type": "LOCAL", "purpose": purpose, "fullPath": path})
        return dataset

    def new_worker(self, name="worker"):
        return self.script.create("/v1/docker/worker", {"name": name, "workerType": "FULL", "labels": []})["id"]

    def new_job(self, dataset=None):
        config = self.script.create("/v1/docker/worker/config/vX", {
            "version": "V4", "config": {"workerType": "FULL", "docker": {"pretagging": True}}})["id"]
        return self.script.create(f"/v1/datasets/{dataset or self.dataset}/docker/worker/schedule", {"configId": config})["id"]

    def start_worker(self, worker, *settings, output="output"):
        self.logs += 1
        log = open(self.folder / f"worker{self.logs}.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [self.pretag, "worker", f"worker.worker_id={worker}", f"token={self.token}", "input_dir=input",
             "lightly_dir=lightly", f"output_dir={output}", "shared_dir=shared", f"model={self.quick_model()}", "num_threads=1",
             "score_threshold=0.1", "worker.poll_interval=0.2", "worker.heartbeat_interval=0.3",
             "worker.progress_interval=0.1", *settings],
            cwd=self.folder, env={**os.environ, "LIGHTLY_SERVER_LOCATION": f"http://127.0.0.1:{self.port}"},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(support.end, process)
        return process

    def worker_logs(self):
        return "\n".join((self.folder / f"worker{i + 1}.log").read_text() for i in range(self.logs))

    def wait_for(self, condition):
        deadline = time.monotonic() + support.PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.05)
        self.fail(f"it never came\n{self.worker_logs()}")

    def run_of(self, job):
        answer = self.script.request("GET", f"/v1/docker/runs/schedule/{job}")
        return answer.json if answer.status == 200 else None

    def wait_until_over(self, job, state="COMPLETED"):
        run = self.wait_for(lambda: (run := self.run_of(job)) and run["state"] in FINAL and run)
        self.assertEqual(run["state"], state, f"{run.get('message')}\n{self.worker_logs()}")
        return run

    def wait_for_progress(self, job):
        self.wait_for(lambda: (run := self.run_of(job)) and run["state"] == "PRETAGGING"
                      and re.search(r"\b[1-9][0-9]*/", run["message"]))

    def assert_results_are_there_once(self, run, dataset=None):
        path = f"/v1/datasets/{dataset or self.dataset}"
        names = self.script.get(f"{path}/mappings", ("field", "fileName"))
        self.assertEqual((len(names), len(set(names))), (IMAGES, IMAGES))
        self.assertEqual([tag["name"] for tag in self.script.get(f"{path}/tags")], ["initial-tag"])
        self.assertEqual(len(self.script.get(f"{path}/embeddings")), 1)
        kinds = [artifact["type"] for artifact in run["artifacts"]]
        self.assertEqual(len(kinds), len(set(kinds)))
        self.assertIn("REPORT_JSON", kinds)

    def dump(self, job, output="output"):
        return (self.folder / output / job / "data/bounding_boxes.json").read_bytes()

    def test_two_workers_race_for_a_job_and_one_does_it(self):
        self.prepare()
        for name in ("one", "other"):
            self.start_worker(self.new_worker(name))
        workers = self.script.get("/v1/docker/worker")
        self.wait_for(lambda: [w["state"] for w in self.script.get("/v1/docker/worker")] == ["IDLE"] * len(workers))
        self.assert_results_are_there_once(self.wait_until_over(self.new_job()))
        self.assertEqual(len(self.script.get("/v1/docker/runs")), 1)

    def test_a_second_worker_with_the_same_id_is_refused(self):
        self.prepare()
        worker, job = self.new_worker(), self.new_job()
        self.start_worker(worker)
        self.wait_for_progress(job)
        second = self.start_worker(worker)
        self.assertNotEqual(second.wait(support.PATIENCE), support.OK)
        self.assertIn(worker, (self.folder / "worker2.log").read_text())
        self.assert_results_are_there_once(self.wait_until_over(job))

    def test_cancelling_ends_the_run_and_the_next_job_is_done(self):
        self.prepare()
        job = self.new_job()
        self.start_worker(self.new_worker())
        self.wait_for_progress(job)
        self.script.put(f"/v1/datasets/{self.dataset}/docker/worker/schedule/{job}")
        self.assertEqual(self.wait_until_over(job, "ABORTED")["artifacts"], [])
        self.assert_results_are_there_once(self.wait_until_over(self.new_job()))

    def test_another_worker_ends_what_a_killed_one_began(self):
        self.prepare()
        undisturbed = self.new_job()
        self.start_worker(self.new_worker("undisturbed"), "--once", output="undisturbed").wait(support.PATIENCE)
        self.wait_until_over(undisturbed)
        dataset = self.new_dataset("again")
        job = self.new_job(dataset)
        process = self.start_worker(self.new_worker("first"))
        self.wait_for_progress(job)
        process.kill()
        process.wait()
        began = self.run_of(job)["id"]
        self.start_worker(self.new_worker("second"))
        run = self.wait_until_over(job)
        self.assertEqual(run["id"], began)
        self.assertEqual(self.dump(job), self.dump(undisturbed, "undisturbed"))
        self.assert_results_are_there_once(run, dataset)

    def test_a_server_that_is_killed_and_comes_back_loses_nothing(self):
        self.prepare()
        job = self.new_job()
        self.start_worker(self.new_worker())
        self.wait_for_progress(job)
        for wanted in ("PRETAGGING", "UPLOADING_DATASET"):
            self.wait_for(lambda: self.run_of(job)["state"] in (wanted, *FINAL))
            self.process.kill()
            self.process.wait()
            self.start("--lease", 2, port=self.port)
        self.assert_results_are_there_once(self.wait_until_over(job))
        self.assertEqual(len(self.script.get("/v1/docker/runs")), 1)

    def test_a_full_disk_refuses_an_upload_and_leaves_nothing_of_it(self):
        self.start(largest_file=4 << 20)
        client = self.client()
        run = client.create("/v1/docker/runs", {"dockerVersion": "1"})["id"]

        def upload(name, size):
            artifact = client.create(f"/v1/docker/runs/{run}/artifacts", {"fileName": name, "type": "LOG"})
            answer = client.follow("PUT", artifact["signedWriteUrl"], size * b"x")
            confirmed = client.request("PUT", f"/v1/docker/runs/{run}/artifacts/{artifact['artifactId']}/confirmUpload")
            return answer.status, confirmed.status
        self.assertEqual(upload("large", 6 << 20), (503, 400))
        self.assertEqual(upload("small", 1 << 20), (200, 204))
        stored = [path.stat().st_size for path in (self.folder / "data/files").rglob("*") if path.is_file()]
        self.assertEqual(stored, [1 << 20])
        self.assertEqual([artifact["fileName"] for artifact in client.get(f"/v1/docker/runs/{run}")["artifacts"]], ["small"])

    def test_clients_that_vanish_do_not_disturb_others(self):
        self.start("--threads", 8)
        client = self.client()
        dataset = client.create("/v1/datasets", {"name": "busy", "type": "Images"})["id"]
        target = urllib.parse.quote(f"/v1/datasets/{dataset}/samples/withWriteUrls") + f"?token={self.token}"

        def vanish(number):
            """In the middle of the head, of the body, or while the answer is on its way; with a reset."""
            body = b'{"fileName": "%d.png"}' % number
            request = (f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n").encode() + body
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(request[:[20, len(request) - 5, len(request)][number % 3]])
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(vanish, range(300)))
        client.create(f"/v1/datasets/{dataset}/samples/withWriteUrls", {"fileName": "last.png"})
        # What the vanished ones had sent whole may still be on its way in.
        for _ in range(100):
            names = client.get(f"/v1/datasets/{dataset}/mappings", ("field", "fileName"))
            samples = client.get(f"/v1/datasets/{dataset}")["nSamples"]
            if samples == len(names):
                break
            time.sleep(0.1)
        self.assertEqual(samples, len(names))  # of one moment: one that comes in later is no fault
        self.assertIn("last.png", names)
        names.remove("last.png")
        self.assertTrue(all(int(name.split(".")[0]) % 3 == 2 for name in names), names)


if __name__ == "__main__":
    support.main()
