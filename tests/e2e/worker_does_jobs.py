#!/usr/bin/env python3
"""pretag worker does the jobs of a platform: all states and results arrive, once each, whatever happens on the way."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import support

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fake_platform import TOKEN, FakePlatform, Refusal  # noqa: E402

IMAGES = 48
PRETAG = {"docker": {"pretagging": True}}
SELECT = {"nSamples": 10, "strategies": [{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]}
TASK = "lightly_pretagging"


class WorkerDoesJobs(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.platform = FakePlatform().start()
        self.addCleanup(self.platform.stop)
        self.images("input/pictures", "small", IMAGES)
        (self.folder / "lightly").mkdir()
        self.dataset = self.platform.add_dataset({"fullPath": "pictures"}, {"purpose": "LIGHTLY"})
        self.started = 0

    def tearDown(self):
        self.assertEqual(self.platform.violations, [])

    def worker_command(self, *settings, worker=None, output="output", token=TOKEN):
        worker = worker or self.platform.add_worker()
        return [self.pretag, "worker", f"worker.worker_id={worker}", "input_dir=input", "lightly_dir=lightly",
                f"output_dir={output}", "shared_dir=shared", f"model={self.quick_model()}", "num_threads=1",
                "score_threshold=0.1", "worker.poll_interval=0.2", "worker.heartbeat_interval=0.3",
                "worker.progress_interval=0.1", f"token={token}", *settings]

    def environment(self):
        return {**os.environ, "LIGHTLY_SERVER_LOCATION": self.platform.url + "/"}

    def start_worker(self, *settings, **options):
        self.started += 1
        log = open(self.folder / f"worker{self.started}.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(self.worker_command(*settings, **options), cwd=self.folder, env=self.environment(),
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(support.end, process)
        return process

    def worker_log(self, number=1):
        return (self.folder / f"worker{number}.log").read_text()

    def job(self, config=None, **options):
        return self.platform.add_job(options.pop("dataset", self.dataset), config or PRETAG, **options)

    def wait_for_state(self, job, *states):
        return self.platform.wait_for(lambda: (run := self.platform.run_of(job)) and run["state"] in states and run)

    def wait_until_done(self, job, state="COMPLETED"):
        run = self.wait_for_state(job, "COMPLETED", "FAILED", "ABORTED")
        self.assertEqual(run["state"], state, f"{run['message']}\n{self.worker_log()}")
        self.platform.wait_for(lambda: self.platform.schedule[job]["state"] in ("DONE", "CANCELED"))
        return run

    def wait_for_progress(self, job):
        """Until some images are done, and not all of them."""
        def some():
            run = self.platform.run_of(job)
            found = run and re.fullmatch(r"Pretagging: (\d+)/.*", run["message"])
            return found and 0 < int(found[1]) < IMAGES
        self.platform.wait_for(some)

    def tags(self, dataset=None):
        return {tag["name"]: tag for tag in self.platform.tags[dataset or self.dataset]}

    def dump(self, job, output="output"):
        return (self.folder / output / job / "data/bounding_boxes.json").read_bytes()

    def test_a_job_names_a_model_of_the_shared_folder(self):
        (self.folder / "shared").mkdir()
        (self.folder / "shared/mine.safetensors").write_bytes(self.quick_model().read_bytes())
        self.start_worker()
        for name in "mine", "mine.safetensors", "./mine.safetensors":
            self.wait_until_done(self.job({"docker": {"pretagging": True, "model": name}}))
        lost = self.wait_until_done(self.job({"docker": {"pretagging": True, "model": "yours"}}), "FAILED")
        self.assertIn("model 'yours' not found", lost["message"])
        self.assertIn("mine", lost["message"])

    def test_jobs_are_done_one_after_the_other_by_priority(self):
        later = self.job({"docker": {"pretagging": True, "pretaggingDebug": True}}, priority="LOW")
        first = self.job({**PRETAG, "selection": SELECT}, priority="HIGH")
        foreign = self.job(runs_on=["gpu"])
        worker = self.platform.add_worker()
        process = self.start_worker(worker=worker)

        run = self.wait_until_done(first)
        states = [state for state, _ in run["_states"]]
        in_order = ["STARTED", "INITIALIZING", "LOADING_DATASET", "PRETAGGING", "SAVING_RESULTS", "SAMPLING",
                    "GENERATING_REPORT", "UPLOADING_DATASET", "COMPUTING_ACTIVE_LEARNING_SCORES", "UPLOADING_REPORT",
                    "UPLOADED_REPORT", "UPLOADING_ARTIFACTS", "UPLOADED_ARTIFACTS", "COMPLETED"]
        self.assertEqual(list(dict.fromkeys(states)), in_order)
        self.assertTrue(any(re.fullmatch(rf"Pretagging: \d+/{IMAGES} \(\d+ %\)(, .* images/s)?", message)
                            for _, message in run["_states"]), run["_states"])
        self.assertIn(f"Completed: {IMAGES} images, 10 of them selected", run["message"])
        self.assertTrue(run["_logs"])
        self.assertEqual({a["type"] for a in run["artifacts"]} - {"REPORT_PDF", "REPORT_V2_JSON"},
                         {"REPORT_JSON", "CORRUPTNESS_CHECK_INFORMATION", "MEMLOG", "LOG"})
        folder = self.folder / "output" / first
        self.assertEqual(run["_contents"]["REPORT_JSON"], (folder / "report.json").read_bytes())
        self.assertRegex(run["_contents"]["MEMLOG"].decode(), r"^\d{4}-\d\d-\d\dT\S+Z resident [\d.]+ MiB, available")
        self.assertIn(b"Pretagging", run["_contents"]["LOG"])

        second = self.wait_until_done(later)
        self.assertGreater(second["createdAt"], run["createdAt"])
        self.assertTrue(list((self.folder / "output" / later).glob("data/bounding_boxes_examples/*")))
        self.assertEqual(self.platform.schedule[foreign]["state"], "OPEN")
        self.platform.wait_for(lambda: self.platform.workers[worker]["state"] == "IDLE")

        # The dataset: the selected images of the first job, then all, each once.
        selected = (folder / "filenames/sampled_filenames.txt").read_text().splitlines()
        names = [sample["fileName"] for sample in self.platform.samples[self.dataset]]
        self.assertEqual((sorted(names[:10]), len(names), len(set(names))), (sorted(selected), IMAGES, IMAGES))
        tags = self.tags()
        self.assertEqual(list(tags), ["initial-tag", "after-run-" + second["id"], "run-" + second["id"]])
        self.assertEqual(tags["initial-tag"]["bitMaskData"], "0x3ff")
        self.assertEqual(tags["run-" + second["id"]]["bitMaskData"], hex(2 ** IMAGES - 1))
        self.assertEqual([e["name"] for e in self.platform.embeddings.values()],
                         ["default_" + run["id"], "default_" + second["id"]])
        self.assert_predictions_arrived(later, second, names)

        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.PATIENCE), support.OK)
        self.assertEqual(self.platform.workers[worker]["state"], "OFFLINE")
        self.assertNotIn(TOKEN, self.worker_log())

    def assert_predictions_arrived(self, job, run, names):
        """What the server has of each sample is what the dump says, in pixels instead of shares."""
        moment = str(run["createdAt"])
        classes = [c["name"] for c in self.platform.tasks[self.dataset, moment, TASK]["categories"]]
        self.assertEqual(sorted(classes), support.CLASSES)
        dump = {entry["filename"]: entry for entry in support.dump_of(self.folder / "output" / job)}
        width, height = 96, 64  # of the set "small"
        objects = 0
        for sample in self.platform.samples[self.dataset]:
            found = self.platform.predictions[self.dataset, sample["id"], moment]
            entry = dump[sample["fileName"]]
            self.assertEqual([classes[p["categoryId"]] for p in found], entry["labels"])
            for prediction, box in zip(found, entry["boxes"]):
                x, y, w, h = prediction["bbox"]
                for ours, theirs in zip((x / width, y / height, (x + w) / width, (y + h) / height), box):
                    self.assertAlmostEqual(ours, theirs, places=4)
            objects += len(found)
        self.assertGreater(objects, 0)
        scores = {score for dataset, _, score in self.platform.scores if dataset == self.dataset}
        self.assertEqual(scores, {"object_frequency", "objectness_least_confidence", "uncertainty_least_confidence",
                                  "uncertainty_margin", "uncertainty_entropy"})

    def test_cancelling_stops_the_job_and_not_the_worker(self):
        job = self.job()
        self.start_worker()
        self.wait_for_progress(job)
        self.platform.cancel(job)
        run = self.wait_until_done(job, "ABORTED")
        self.assertEqual(run["artifacts"], [])
        self.assertEqual(self.platform.samples[self.dataset], [])
        self.assertEqual(self.platform.schedule[job]["state"], "CANCELED")
        self.wait_until_done(self.job())

    def test_another_worker_finishes_what_a_killed_one_began(self):
        undisturbed = self.job()
        self.start_worker("--once", output="undisturbed")
        self.wait_until_done(undisturbed)

        job = self.job(dataset=(other := self.platform.add_dataset({"fullPath": "pictures"})))
        process = self.start_worker()
        self.wait_for_progress(job)
        process.kill()
        process.wait()
        self.platform.expire_lease(job)
        self.start_worker("--once")
        run = self.wait_until_done(job)
        self.assertRegex((self.folder / "output" / job / "log.txt").read_text(), r"images, [1-9]\d* of them done before")
        self.assertEqual(self.dump(job), self.dump(undisturbed, "undisturbed"))
        self.assertEqual(len(self.platform.samples[other]), IMAGES)
        self.assertEqual(len(run["artifacts"]), len({a["type"] for a in run["artifacts"]}))

    def test_killed_while_uploading_nothing_is_there_twice(self):
        job = self.job({**PRETAG, "selection": SELECT})
        # In the order of the upload, each with how many of its calls are let pass.
        self.kill_at(job, {"POST .*/samples/withWriteUrls": 3, "POST .*/tags/initial": 0, "PUT .*/isProcessed": 0,
                           "PUT .*/confirmUpload": 1})
        self.start_worker("--once")
        run = self.wait_until_done(job)
        self.assertEqual(len(self.platform.samples[self.dataset]), 10)
        self.assertEqual(list(self.tags()), ["initial-tag"])
        self.assertEqual([e["name"] for e in self.platform.embeddings.values() if e["isProcessed"]],
                         ["default_" + run["id"]])

    def kill_at(self, job, calls):
        """Killed at several moments. What comes again takes the place of what is there; of all else the platform would complain."""
        for call, before in calls.items():
            process = self.start_worker("--once")

            def kill_after(method, path, call=call, left=[before], process=process):
                if re.fullmatch(call, f"{method} {path}"):
                    left[0] -= 1
                    if left[0] < 0:
                        self.platform.before = None
                        process.kill()
            self.platform.before = kill_after
            process.wait(support.PATIENCE)
            self.assertEqual(process.returncode, -signal.SIGKILL, self.worker_log(self.started))
            self.platform.expire_lease(job)

    def test_killed_while_uploading_crops_nothing_is_there_twice(self):
        job = self.job({"docker": {"pretagging": True, "objectLevel": {"taskName": TASK}}, "selection": SELECT})
        self.kill_at(job, {"POST /v1/datasets": 0})
        (crops,) = [dataset for dataset, facts in self.platform.datasets.items() if facts["type"] == "Crops"]
        of_crops = f"/v1/datasets/{crops}"
        self.kill_at(job, {f"POST {of_crops}/samples/withWriteUrls": 4, f"POST {of_crops}/tags/initial": 0,
                           f"PUT {of_crops}/embeddings/.*/isProcessed": 0, "POST .*/predictions/samples/.*": 2})
        self.start_worker("--once")
        run = self.wait_until_done(job)
        names = [sample["fileName"] for sample in self.platform.samples[crops]]
        sampled = (self.folder / "output" / job / "filenames/sampled_crops.txt").read_text().splitlines()
        self.assertEqual((len(names), sorted(names)), (10, sorted(sampled)))
        self.assertEqual([(tag["name"], tag["bitMaskData"]) for tag in self.tags(crops).values()], [("initial-tag", "0x3ff")])
        for dataset in (self.dataset, crops):
            self.assertEqual([e["name"] for e in self.platform.embeddings.values()
                              if e["isProcessed"] and e["dataset"] == dataset], ["default_" + run["id"]])
        linked = [found["cropSampleId"] for of_sample in self.platform.predictions.values() for found in of_sample
                  if "cropSampleId" in found]
        self.assertEqual(sorted(linked), sorted(sample["id"] for sample in self.platform.samples[crops]))

    def test_crops_are_uploaded_from_jobs_on_their_images_alone(self):
        crops = self.platform.add_dataset({"fullPath": "pictures"}, name="my crops", kind="Crops", parent=self.dataset)
        images = self.platform.add_dataset({"fullPath": "pictures"}, name="others")
        objects = {"pretagging": True, "object_level": {"task_name": TASK}}
        jobs = [(self.job({"docker": docker, "selection": SELECT}, dataset=dataset, version="V0"), reason)
                for dataset, docker, reason in (
                    (crops, objects, "start the job from the image dataset, 'images "),
                    (self.dataset, {**objects, "datapool": {"dataset_id": images}}, "datapool.dataset_id: the dataset 'others' holds no crops"),
                    (self.dataset, {**objects, "object_level": {"task_name": TASK, "crop_dataset_name": "a/b"}},
                     "the dataset for the crops cannot be called 'a/b'"))]
        self.start_worker()
        for job, reason in jobs:
            self.assertIn(reason, self.wait_until_done(job, "FAILED")["message"])
            self.assertFalse((self.folder / "output" / job / "run.db").exists(), "no image was looked at")

    def test_a_job_that_somebody_else_locks_first_is_left_to_them(self):
        contested, free = self.job(priority="HIGH"), self.job()

        def somebody_is_quicker(method, path):
            if method == "PUT" and path.endswith("/schedule/" + contested):
                raise Refusal(400, "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED", "somebody else has the run")
        self.platform.before = somebody_is_quicker
        self.assertEqual(self.start_worker("--once").wait(support.PATIENCE), support.OK)
        self.wait_until_done(free)
        self.assertIsNone(self.platform.run_of(contested))

    def test_a_lost_lease_ends_the_work(self):
        job = self.job()
        self.start_worker()
        self.wait_for_progress(job)
        # Somebody who never ends has the next turn.
        with self.platform.lock:
            self.platform.schedule[job].update(state="OPEN", runsOn=["somebody else"])
        self.platform.wait_for(lambda: "another worker's" in self.worker_log())
        run = self.platform.run_of(job)
        # A fast machine may have saved its results before it notices; none of them goes to the platform.
        self.assertNotIn(run["state"], ("COMPLETED", "FAILED", "ABORTED", "UPLOADING_DATASET"))
        self.assertEqual((run["artifacts"], self.platform.samples[self.dataset]), ([], []))
        self.wait_until_done(self.job())

    def test_a_job_that_another_worker_has_ended_stays_as_it_is(self):
        job = self.job()
        self.start_worker()
        self.wait_for_progress(job)
        with self.platform.lock:
            self.platform.schedule[job]["state"] = "DONE"
            self.platform.runs[self.platform.run_of(job)["id"]]["state"] = "COMPLETED"
        self.platform.wait_for(lambda: "another worker's" in self.worker_log())
        self.assertEqual(self.platform.run_of(job)["state"], "COMPLETED")
        # The platform refuses the progress that it tells until it has noticed, and would refuse that it was cancelled.
        self.assertTrue(all("nothing follows the end" in violation for violation in self.platform.violations))
        self.platform.violations.clear()

    def test_a_worker_that_comes_back_goes_on_with_its_job_first(self):
        worker = self.platform.add_worker()
        job = self.job(priority="LOW")
        process = self.start_worker(worker=worker)
        self.wait_for_progress(job)
        process.kill()
        process.wait()
        self.start_worker("--once", "worker.force_start=True", worker=worker)
        self.wait_until_done(job)
        self.assertIn("left by this worker earlier", self.worker_log(2))

    def test_a_job_begins_anew_where_what_was_done_is_of_other_settings(self):
        job = self.job()
        process = self.start_worker()
        self.wait_for_progress(job)
        process.kill()
        process.wait()
        self.platform.expire_lease(job)
        self.start_worker("--once", "accuracy=fast")
        run = self.wait_until_done(job)
        self.assertIn(f"Completed: {IMAGES} images", run["message"])
        self.assertTrue(any("begins anew" in line["msg"] for line in run["_logs"]), run["_logs"])
        self.assertTrue((self.folder / "output" / (job + ".old") / "run.db").exists())
        self.assertIn("accuracy: fast", (self.folder / "output" / job / "config/config.yaml").read_text())

    def test_the_server_may_be_away_for_a_while(self):
        job = self.job()
        process = self.start_worker()
        self.wait_for_progress(job)
        self.platform.stop()
        time.sleep(3)
        self.assertIsNone(process.poll())
        self.platform.start()
        self.wait_until_done(job)
        self.assertEqual(len(self.platform.samples[self.dataset]), IMAGES)

    def test_a_busy_server_is_asked_again(self):
        refused = []

        def every_other_time(method, path):
            if len(refused) < 6 and "/worker" not in path and (not refused or refused[-1] != (method, path)):
                refused.append((method, path))
                raise Refusal(503, "SERVICE_UNAVAILABLE", "too many at once")
        job = self.job({"docker": {}})
        self.platform.before = every_other_time
        self.start_worker("--once")
        self.wait_until_done(job)
        self.assertEqual(len(refused), 6)

    def test_failing_jobs_say_why(self):
        sources = [({"fullPath": "not/there"}, {}, "not/there"),
                   ({"type": "OBS", "fullPath": "bucket"}, {}, "OBS, which this worker cannot read yet"),
                   ({"fullPath": "../.."}, {}, "must be a path below the worker's mount"),
                   ({"fullPath": "pictures"}, {"docker": {"pretaging": True}}, "did you mean 'pretagging'?"),
                   ({"fullPath": "pictures"}, {"docker": {"model": "/etc/passwd"}}, "below the worker's mount"),
                   ({"fullPath": "pictures"}, {"selection": {"strategies": []}}, "at least one strategy")]
        jobs = [(self.job(config, dataset=self.platform.add_dataset(source), version="V0"), reason)
                for source, config, reason in sources]
        self.start_worker()
        for job, reason in jobs:
            run = self.wait_until_done(job, "FAILED")
            self.assertIn(reason, run["message"])
            self.assertIn("ERROR", [line["level"] for line in run["_logs"]])

    def test_a_worker_whose_device_fails_gives_the_job_back_and_ends(self):
        device = self.doctor()["facts"]["devices"][0]["device"]
        job = self.job()
        done = subprocess.run(self.worker_command("--once", f"device={device}"), cwd=self.folder, capture_output=True, text=True,
                              env={**self.environment(), **self.out_of_gpu_memory(100)}, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, support.ERROR, done.stderr)
        self.assertIn("the GPU has no memory left, or has failed", done.stderr)
        self.assertEqual(self.platform.schedule[job]["state"], "OPEN")
        self.start_worker("--once", f"device={device}")
        self.wait_until_done(job)
        refused = self.job({"docker": {"pretagging": True, "device": "gpu"}})
        self.start_worker("--once")
        self.assertIn("not for a job to say", self.wait_until_done(refused, "FAILED")["message"])

    def test_embeddings_of_a_job_are_in_the_shared_folder_or_with_the_data_source(self):
        names = sorted(path.name for path in (self.folder / "input/pictures").iterdir())
        rows = "".join(f"{name},{i % 2},{(i + 1) % 2},0\n" for i, name in enumerate(names) if i > 0)  # one has none
        for file in ("shared/a.csv", "lightly/.lightly/embeddings/b.csv"):
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / file).write_text("filenames,embedding_0,embedding_1,labels\n" + rows)
        jobs = [self.job({"docker": {"embeddings": file}, "selection": {**SELECT, "nSamples": 2}})
                for file in ("a.csv", "b.csv", "c.csv")]
        everything = self.job({"docker": {"embeddings": "a.csv"}})
        self.start_worker()
        for job in jobs[:2]:
            run = self.wait_until_done(job)
            chosen = (self.folder / "output" / job / "filenames/sampled_filenames.txt").read_text().splitlines()
            self.assertEqual({names.index(name) % 2 for name in chosen}, {0, 1})
            self.assertIn("default_" + run["id"], [e["name"] for e in self.platform.embeddings.values()])
        self.wait_until_done(everything)
        failed = self.wait_until_done(jobs[2], "FAILED")
        self.assertRegex(failed["message"], r"embeddings: there is neither .*shared/c.csv nor .*embeddings/c.csv")

    def test_metadata_of_the_data_source_reaches_the_server(self):
        metadata = self.folder / "lightly/.lightly/metadata"
        metadata.mkdir(parents=True)
        speed = {"name": "Speed", "path": "car.speed", "defaultValue": 0}
        (metadata / "schema.json").write_text(json.dumps([{**speed, "valueDataType": "NUMERICAL_FLOAT"}]))
        (metadata / "00000.json").write_text(json.dumps({"type": "image", "metadata": {"car": {"speed": 3.5}}}))
        (metadata / "00001.json").write_text("{")
        self.start_worker()
        runs = [self.wait_until_done(self.job({"docker": {}})) for _ in range(2)]
        noted = {sample["fileName"]: sample["customMetaData"]
                 for sample in self.platform.samples[self.dataset] if "customMetaData" in sample}
        self.assertEqual(noted, {"00000.jpg": {"car": {"speed": 3.5}}})
        (configuration,) = self.platform.metadata[self.dataset]
        self.assertEqual(configuration["configs"], [{**speed, "valueDataType": "NUMERIC_FLOAT"}])
        (warning,) = [line["msg"] for run in runs for line in run["_logs"] if "Metadata" in line["msg"]]
        self.assertRegex(warning, "00001.json: not valid JSON")

    def test_an_asked_worker_gives_its_job_back(self):
        job = self.job()
        process = self.start_worker()
        self.wait_for_progress(job)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.PATIENCE), support.OK)
        self.assertEqual(self.platform.schedule[job]["state"], "OPEN")
        self.start_worker("--once")
        self.wait_until_done(job)

    def test_a_second_signal_ends_the_worker_at_once(self):
        job = self.job()
        process = self.start_worker()
        self.wait_for_progress(job)
        asked, ended = threading.Event(), threading.Event()

        def keep_waiting(method, path):
            if method == "PUT" and path.endswith("/schedule/" + job):
                asked.set()
                ended.wait(support.PATIENCE)
        self.platform.before = keep_waiting
        process.send_signal(signal.SIGTERM)
        self.assertTrue(asked.wait(support.PATIENCE), "the job is given back")
        process.send_signal(signal.SIGTERM)
        code = process.wait(support.PATIENCE)
        ended.set()
        # Its own doing, for the first process of a container is not ended by a signal that it does not handle.
        self.assertEqual(code, 128 + signal.SIGTERM)

    def test_settings_of_the_worker_are_checked(self):
        def refused(*settings, code=support.USAGE, **options):
            done = subprocess.run(self.worker_command(*settings, **options), cwd=self.folder, env=self.environment(),
                                  capture_output=True, text=True, timeout=support.PATIENCE)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertNotIn("wrong-token", done.stderr)
            return done.stderr.splitlines()[-1]
        self.assertIn("check the token", refused(token="wrong-token"))
        self.assertIn("did you mean 'worker.worker_id'", refused("worker.worker_ids=x"))
        self.assertIn("there is no such worker", refused(worker="0" * 24, code=support.ERROR))
        online = self.platform.add_worker()
        self.platform.workers[online]["state"] = "IDLE"
        self.assertIn("worker.force_start=True", refused(worker=online))
        job = self.job({"docker": {}})
        self.start_worker("--once", "worker.force_start=True", worker=online)
        self.wait_until_done(job)
        sane = self.run_pretag("worker", "sanity_check=True")
        self.assertIn("all is well", sane.stdout)
        pointer = self.folder / "pointer.safetensors"  # with it every job would fail
        pointer.write_text("version https://git-lfs.github.com/spec/v1\n")
        self.assertIn(str(pointer), refused(f"model={pointer}", code=support.ERROR))

    def test_the_file_server_shows_both_mounts_and_nothing_else(self):
        (self.folder / "secret.txt").write_text("secret")
        (self.folder / "lightly/.lightly").mkdir()
        (self.folder / "lightly/.lightly/a b.txt").write_text("from lightly")
        (self.folder / "input/link.txt").symlink_to(self.folder / "secret.txt")
        self.start_worker("worker.file_server=True", "worker.file_server_port=0")
        listens = self.platform.wait_for(
            lambda: re.search(r"The file server listens on (http://\S+:[1-9]\d*)\n", self.worker_log()))

        def get(path):
            with urllib.request.urlopen(f"{listens[1]}/{path}", timeout=support.PATIENCE) as answer:
                return answer, answer.read()
        answer, image = get("pictures/00000.jpg")
        self.assertEqual(image, (self.folder / "input/pictures/00000.jpg").read_bytes())
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
        self.assertIn("no-cache", answer.headers["Cache-Control"])
        self.assertEqual(get(".lightly/a%20b.txt")[1], b"from lightly")
        for path in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "link.txt", "pictures", "", "nothing"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                get(path)
            self.assertIn(refused.exception.code, (400, 404), path)
        for method in ("POST", "PUT", "PRI"):  # it would keep whatever comes
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(f"{listens[1]}/a", data=b"x", method=method), timeout=support.PATIENCE)
            self.assertEqual(refused.exception.code, 405)


if __name__ == "__main__":
    support.main()
