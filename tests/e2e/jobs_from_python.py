#!/usr/bin/env python3
"""The whole flow: a server, a worker, and scripts that schedule a run, watch its states and fetch the report."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import support

IMAGES = 12
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/run_pretagging_requests.py"


class JobsFromPython(support.JobsTest):
    def setUp(self):
        super().setUp()
        self.images("photos", "small", IMAGES)
        (self.folder / "lightly").mkdir()
        self.start_server("--input-dir", "photos", "--lightly-dir", "lightly")

    def new_dataset(self, name, kind="Images"):
        local = {"type": "LOCAL", "fullPath": "", "webServerLocation": "http://localhost:3456"}
        return super().new_dataset(name, {"INPUT": local, "LIGHTLY": local}, kind)

    def start_worker(self, number, *settings, environment=None):
        return super().start_worker(number, "input_dir=photos", "lightly_dir=lightly", *settings,
                                    environment=environment)

    @staticmethod
    def need_requests():
        try:
            import requests  # noqa: F401, PLC0415
        except ImportError:
            raise unittest.SkipTest("python3-requests is not installed") from None

    def test_the_example_script_gets_its_report(self):
        self.need_requests()
        worker = self.start_worker(1)
        # The example asks for 50 of the images; there are fewer, so all of them are selected.
        done = subprocess.run(["python3", str(EXAMPLE), "my-dataset"], cwd=self.folder, env=self.environment(),
                              capture_output=True, text=True, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + (self.folder / "worker1.log").read_text())
        states = list(dict.fromkeys(line.split(":")[0] for line in done.stdout.splitlines()))
        self.assertEqual(states[-2:], ["COMPLETED", "selected"])
        report = json.loads((self.folder / "report.json").read_text())
        (run_folder,) = (self.folder / "runs").iterdir()
        self.assertEqual(report, json.loads((run_folder / "report.json").read_text()))
        self.assertTrue(list(run_folder.glob("data/bounding_boxes_examples/*")), "pretagging_debug was asked for")
        for name in support.names_in_dump(run_folder):
            self.assertIn(name, done.stdout)
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(support.PATIENCE), support.OK)
        self.assertNotIn(self.token, (self.folder / "worker1.log").read_text())

    def test_the_example_script_ends_when_its_job_will_not_begin(self):
        self.need_requests()

        def start(dataset):
            return subprocess.Popen(["python3", str(EXAMPLE), dataset], cwd=self.folder, env=self.environment(),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name, ending, said in (("first", "cancel", "cancelled before a worker began"), ("second", "delete", "deleted")):
            script = start(name)
            self.addCleanup(support.end, script)
            self.assertIn("OPEN", script.stdout.readline())
            dataset = self.call("GET", f"/v1/datasets/query/name/{name}", exact="True")[0]["id"]
            (job,) = self.call("GET", f"/v1/datasets/{dataset}/docker/worker/schedule")
            if ending == "cancel":
                self.call("PUT", f"/v1/datasets/{dataset}/docker/worker/schedule/{job['id']}")
            else:
                self.call("DELETE", f"/v1/datasets/{dataset}")
            _, errors = script.communicate(timeout=support.PATIENCE)
            self.assertEqual(script.returncode, 1)
            self.assertIn(said, errors)
        again = start("first")  # the name is taken
        _, errors = again.communicate(timeout=support.PATIENCE)
        self.assertEqual(again.returncode, 1)
        self.assertIn("409 you have a dataset of this name already", errors)

    def test_a_worker_takes_over_when_the_lease_of_a_killed_one_runs_out(self):
        self.images("photos", "small", 100)  # or a fast machine is through before the worker is killed
        dataset, scheduled = self.schedule("second-dataset")
        worker = self.start_worker(1)
        self.wait_for(lambda: (run := self.run_of(scheduled)) and run["state"] not in ("STARTED", "INITIALIZING"),
                      "worker1.log")
        worker.kill()
        worker.wait()
        other = self.start_worker(2, "--once")
        run = self.wait_for_end(scheduled, "worker2.log")
        self.assertEqual(other.wait(support.PATIENCE), support.OK)
        self.assert_results(dataset, run, 4)

    def test_two_workers_do_each_job_once(self):
        jobs = [self.schedule(f"dataset-{i}") for i in range(4)]
        for number in (1, 2):
            self.start_worker(number)
        for dataset, scheduled in jobs:
            self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        logs = [(self.folder / f"worker{number}.log").read_text() for number in (1, 2)]
        self.assertEqual(sum(log.count("COMPLETED") for log in logs), 4)

    def test_similar_images_to_a_tag_and_predictions_for_the_datasource(self):
        self.start_worker(1)
        dataset, scheduled = self.schedule("known", pretaggingUpload=True)
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        predictions = self.folder / "lightly/.lightly/predictions"
        self.assertEqual(json.loads((predictions / "tasks.json").read_text()), ["lightly_pretagging"])
        self.assertEqual(len(list((predictions / "lightly_pretagging").rglob("*.json"))), IMAGES + 1, "and a schema")
        listed = self.call("GET", f"/v1/datasets/{dataset}/datasource/predictions/list", taskName="lightly_pretagging")
        self.assertEqual(len(listed["data"]), IMAGES + 1)
        # Nothing is as similar to these images as they are themselves.
        other, scheduled = self.schedule("alike", query={"datasetId": dataset, "tagName": "initial-tag"})
        self.assert_results(other, self.wait_for_end(scheduled, "worker1.log"), 4)
        names = [sorted(self.call("GET", f"/v1/datasets/{d}/mappings", field="fileName")) for d in (dataset, other)]
        self.assertEqual(names[0], names[1])
        self.assertFalse(list(self.folder.glob("runs/*/config/query_2.csv")))

    def test_samples_that_a_later_run_does_not_see_keep_their_scores(self):
        self.start_worker(1)
        dataset, scheduled = self.schedule("growing")
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)

        def newest_scores():
            sets = self.call("GET", f"/v1/datasets/{dataset}/predictions/scores", taskName="lightly_pretagging")
            newest = max((s for s in sets if s["scoreType"] == "object_frequency"), key=lambda s: s["predictionUUIDTimestamp"])
            return self.call("GET", f"/v1/datasets/{dataset}/predictions/scores/{newest['id']}")["scores"]
        before = newest_scores()
        self.assertTrue(any(before))
        for name in self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName"):
            (self.folder / "photos" / name).unlink()
        _, scheduled = self.schedule("growing", dataset=dataset)
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], "COMPLETED", run["message"])
        after = newest_scores()
        self.assertEqual((len(after), after[:4]), (8, before))

    def test_a_data_pool_grows_by_what_came_since_the_last_job(self):
        time.sleep(3)  # or the pictures would be as new as the job
        self.start_worker(1)
        dataset, scheduled = self.schedule("growing pool", useDatapool=True)
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        until = f"/v1/datasets/{dataset}/datasource/processedUntilTimestamp"
        first = self.call("GET", until)["processedUntilTimestamp"]
        self.assertAlmostEqual(first, time.time(), delta=support.PATIENCE)
        old = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")

        # Nothing came: there is nothing to do, and what to do instead is said.
        _, scheduled = self.schedule("growing pool", dataset=dataset, useDatapool=True)
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], "FAILED")
        self.assertRegex(run["message"], r"no images.* that came after 20.* UTC found.*datasource\.process_all")
        self.assertEqual({artifact["type"] for artifact in run["artifacts"]}, {"LOG", "MEMLOG"})
        self.assertEqual(self.call("GET", until)["processedUntilTimestamp"], first)

        # Copies that keep the time of what they are copies of are new all the same.
        new = self.images("more", "kinds")
        for picture in new.iterdir():
            os.utime(picture, (1e9, 1e9))
            shutil.copy2(picture, self.folder / "photos" / ("new-" + picture.name))
        count = len(list(new.iterdir()))
        _, scheduled = self.schedule("growing pool", dataset=dataset, useDatapool=True,
                                     datasource={"enableDatapoolUpdate": False})
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertIn(f"Completed: {count} images, 4 of them selected", run["message"])
        pool = (self.folder / "runs" / scheduled / "config/datapool.csv").read_text().splitlines()
        self.assertEqual([line.split(",")[0] for line in pool[1:]], sorted(old))
        names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
        self.assertEqual(names[:4], old)
        self.assertTrue(all(name.startswith("new-") for name in names[4:]), names)
        self.assertEqual(self.call("GET", until)["processedUntilTimestamp"], first, "the job was not to update it")

        # Everything, by a worker that has never met the pool.
        self.start_worker(2, "worker.labels=elsewhere", "output_dir=runs2", "shared_dir=shared2")
        _, scheduled = self.schedule("growing pool", dataset=dataset, useDatapool=True, labels=["elsewhere"],
                                     datasource={"processAll": True})
        run = self.wait_for_end(scheduled, "worker2.log")
        self.assertIn(f"Completed: {IMAGES + count} images, 4 of them selected", run["message"])
        names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
        self.assertEqual((len(names), len(set(names))), (12, 12))
        self.assertGreater(self.call("GET", until)["processedUntilTimestamp"], first)

    def test_a_data_pool_needs_a_selection(self):
        self.start_worker(1)
        dataset = self.new_dataset("no selection")
        config = self.call("POST", "/v1/docker/worker/config/vX", {"version": "V4", "creator": "USER_PIP", "config": {
            "workerType": "FULL", "docker": {"pretagging": True, "useDatapool": True}}})
        scheduled = self.call("POST", f"/v1/datasets/{dataset}/docker/worker/schedule",
                              {"configId": config["id"], "priority": "MID", "runsOn": []})["id"]
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], "FAILED")
        self.assertIn("selection_config", run["message"])

    def test_samples_have_thumbnails_where_the_datasource_says(self):
        self.start_worker(1, "--once")
        dataset, scheduled = self.schedule("small copies")
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        for sample in self.call("GET", f"/v1/datasets/{dataset}/samples"):
            self.assertTrue((self.folder / "lightly" / sample["thumbName"]).is_file(), sample)
            url = self.call("GET", f"/v1/datasets/{dataset}/samples/{sample['id']}/readurl", type="thumbnail")
            self.assertEqual(urllib.parse.unquote(url), "http://localhost:3456/" + sample["thumbName"])

    def test_a_dataset_of_videos_gets_the_selected_frames(self):
        self.images("photos", "videos")  # beside the images, which are not of it
        dataset = self.new_dataset("drives", "Videos")
        listed = self.call("GET", f"/v1/datasets/{dataset}/datasource/list")["data"]
        self.assertEqual([entry["fileName"] for entry in listed], ["drive.avi", "drive.mp4", "sub/broken.mp4"])
        metadata = self.folder / "lightly/.lightly/metadata"
        metadata.mkdir(parents=True)
        schema = [{"name": "Weather", "path": "weather", "defaultValue": "unknown", "valueDataType": "CATEGORICAL_STRING"}]
        (metadata / "schema.json").write_text(json.dumps(schema))
        (metadata / "drive.json").write_text(json.dumps({"type": "video", "metadata": {"weather": "rain"}}))
        _, scheduled = self.schedule("drives", dataset=dataset)
        self.start_worker(1, "--once")
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        for sample in self.call("GET", f"/v1/datasets/{dataset}/samples"):
            name = sample["fileName"]
            stem, index, extension = name.removesuffix(".png").rsplit("-", 2)
            frame = sample["videoFrameData"]
            self.assertEqual((sample["type"], frame["sourceVideo"], frame["sourceVideoFrameIndex"]),
                             ("VIDEO_FRAME", f"{stem}.{extension}", int(index)))
            if extension == "mp4":  # the AVI does not tell times
                self.assertAlmostEqual(frame["sourceVideoFrameTimestamp"], int(index) / 10, places=3)
            self.assertEqual(sample.get("customMetaData"), {"weather": "rain"} if stem == "drive" else None)
            picture = self.folder / "lightly/.lightly/frames" / name
            self.assertTrue(picture.read_bytes().startswith(b"\x89PNG"))
            self.assertTrue((self.folder / "lightly" / sample["thumbName"]).is_file(), sample)
            url = self.call("GET", f"/v1/datasets/{dataset}/samples/{sample['id']}/readurl", type="full")
            self.assertEqual(urllib.parse.unquote(url), "http://localhost:3456/.lightly/frames/" + name)
        (configuration,) = self.call("GET", f"/v1/datasets/{dataset}/configuration/metadata")
        self.assertEqual(configuration["configs"], schema)
        self.assertEqual(self.call("GET", f"/v1/datasets/{dataset}")["metaDataConfigurationId"], configuration["id"])

    def test_a_dataset_of_images_passes_over_videos(self):
        self.images("photos", "videos")
        dataset, scheduled = self.schedule("pictures")
        self.start_worker(1, "--once")
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        (run_folder,) = (self.folder / "runs").iterdir()
        self.assertEqual(len(support.names_in_dump(run_folder)), IMAGES + 1)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_a_server_with_a_certificate_of_ones_own(self):
        """Refused at once, and for a reason, until the worker is told to trust it."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                        "-days", "2", "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1"],
                       cwd=self.folder, check=True, capture_output=True)
        server = subprocess.Popen(
            self.command("serve", "--data", "data", "--port", "0", "--tls-cert", "cert.pem", "--tls-key", "key.pem",
                         "--no-access-log"), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(support.end, server)
        own = {"LIGHTLY_SERVER_LOCATION": server.stdout.readline().split()[-1]}
        _, scheduled = self.schedule("own-certificate")  # with the server of the other tests: the database is the same
        wrong = self.start_worker(1, environment=own)
        self.assertEqual(wrong.wait(support.PATIENCE), support.USAGE)
        self.assertRegex((self.folder / "worker1.log").read_text(), r"certificate.*; LIGHTLY_CA_CERTS names")
        trusting = self.start_worker(2, "--once", environment={**own, "LIGHTLY_CA_CERTS": "cert.pem"})
        run = self.wait_for_end(scheduled, "worker2.log")
        self.assertEqual(run["state"], "COMPLETED", run["message"])
        self.assertEqual(trusting.wait(support.PATIENCE), support.OK)

    def test_a_cancelled_job_is_not_done(self):
        dataset, cancelled = self.schedule("dataset-a")
        other, scheduled = self.schedule("dataset-b")
        self.call("PUT", f"/v1/datasets/{dataset}/docker/worker/schedule/{cancelled}")
        self.start_worker(1, "--once")
        self.assert_results(other, self.wait_for_end(scheduled, "worker1.log"), 4)
        self.assertIsNone(self.run_of(cancelled))


if __name__ == "__main__":
    support.main()
