"""A platform in memory that plays a worker's side of the HTTP API to the letter: whatever the API does not know is noted
in `violations`, and a test ends with none."""

import http.server
import json
import re
import threading
import time
import urllib.parse

from api_contract import Refusal, Violation, known_keys, require
from fake_datasets import FakeDatasets

TOKEN = "0123456789abcdef"
RUN_STATES = set("""STARTED INITIALIZING LOADING_DATASET LOADING_METADATA LOADING_PREDICTION CHECKING_CORRUPTNESS
INITIALIZING_OBJECT_CROPS COMPUTING_METADATA TRAINING EMBEDDING EMBEDDING_OBJECT_CROPS PRETAGGING
COMPUTING_ACTIVE_LEARNING_SCORES SAMPLING EMBEDDING_FULL_IMAGES SAVING_RESULTS UPLOADING_DATASET GENERATING_REPORT
UPLOADING_REPORT UPLOADED_REPORT UPLOADING_ARTIFACTS UPLOADED_ARTIFACTS COMPLETED FAILED CRASHED ABORTED""".split())
ARTIFACT_TYPES = set("""LOG MEMLOG CHECKPOINT REPORT_PDF REPORT_JSON REPORT_V2_JSON CORRUPTNESS_CHECK_INFORMATION
SEQUENCE_INFORMATION RELEVANT_FILENAMES""".split())
LOG_LEVELS = set("VERBOSE NOTSET DEBUG INFO WARNING ERROR CRITICAL".split())


class FakePlatform(FakeDatasets):
    def __init__(self):
        self.lock = threading.RLock()
        self.violations, self.requests = [], []
        self.next_id = 1
        self.workers, self.schedule, self.configs, self.runs = {}, {}, {}, {}
        self.datasources, self.samples, self.tags = {}, {}, {}
        self.processed_until = {}  # unix seconds, by dataset
        self.datasets = {}
        self.embeddings, self.tasks, self.predictions, self.scores = {}, {}, {}, {}
        self.metadata = {}  # configurations, by dataset
        self.uploads = {}
        self.server = None
        self.port = 0
        self.before = None  # called with (method, path) before each answer; may raise Refusal

    # What a test sets up.

    def start(self):
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                platform.answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # killed workers reset their connections

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """As if the machine had gone away; start() brings it back with all it knew, at the same address."""
        server, self.server = self.server, None
        if server:
            server.shutdown()
            server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def new_id(self):
        with self.lock:
            self.next_id += 1
            return f"{self.next_id:024x}"

    def add_worker(self, name="worker", labels=()):
        worker = self.new_id()
        self.workers[worker] = {"id": worker, "userId": "user", "name": name, "workerType": "FULL", "state": "OFFLINE",
                                "labels": list(labels), "createdAt": self.now(), "lastModifiedAt": self.now()}
        return worker

    def add_dataset(self, *sources, name="", kind="Images", parent=None):
        dataset = self.new_id()
        self.datasets[dataset] = {"id": dataset, "name": name or "images " + dataset, "type": kind,
                                  **({"parentDatasetId": parent} if parent else {})}
        self.datasources[dataset] = [{"id": self.new_id(), "type": "LOCAL", "purpose": "INPUT", "fullPath": "",
                                      **source} for source in sources]
        self.samples[dataset], self.tags[dataset] = [], []
        return dataset

    def add_job(self, dataset, config, priority="MID", runs_on=(), version="V4"):
        config_id, scheduled = self.new_id(), self.new_id()
        self.configs[config_id] = {"id": config_id, "version": version, "createdAt": self.now(),
                                   "config": {"workerType": "FULL", **config}}
        self.schedule[scheduled] = {"id": scheduled, "datasetId": dataset, "userId": "user", "configId": config_id,
                                    "priority": priority, "runsOn": list(runs_on), "state": "OPEN",
                                    "createdAt": self.now(), "lastModifiedAt": self.now()}
        return scheduled

    def cancel(self, scheduled):
        with self.lock:
            self.schedule[scheduled]["state"] = "CANCELED"

    def expire_lease(self, scheduled):
        with self.lock:
            self.schedule[scheduled].update(state="OPEN")
            self.schedule[scheduled].pop("_worker", None)

    def run_of(self, scheduled):
        with self.lock:
            found = [run for run in self.runs.values() if run["scheduledId"] == scheduled]
        assert len(found) <= 1, f"{len(found)} runs of one job"
        return found[0] if found else None

    def wait_for(self, condition, patience=600):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with self.lock:
                result = condition()
            if result:
                return result
            time.sleep(0.05)
        raise AssertionError(f"waited in vain; schedule {self.schedule}, runs {self.runs}")

    @staticmethod
    def now():
        return int(time.time() * 1000)

    # The API.

    def answer(self, request):
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        target = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(target.query, keep_blank_values=True)
        path = target.path
        status, reply = 200, None
        try:
            with self.lock:
                self.requests.append((request.command, path))
                if self.before:
                    self.before(request.command, path)
                status, reply = self.route(request, path, query, target.query, body)
        except Refusal as refusal:
            status, reply = refusal.status, {"code": refusal.code, "error": str(refusal)}
        except Exception as error:  # also a KeyError of a body: the worker left something out
            self.violations.append(f"{request.command} {request.path}: {type(error).__name__}: {error}")
            status, reply = 418, {"code": "VIOLATION", "error": str(error)}
        data = b"" if reply is None else json.dumps(reply).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        except OSError:
            pass  # whoever asked is gone

    def route(self, request, path, query, raw_query, body):
        if path.startswith("/upload/"):
            require(request.command == "PUT" and "token" not in query, "a signed link is PUT to, without a token")
            require(path in self.uploads, "this link was never given")
            self.uploads[path] = body
            return 200, None
        if query.get("token") != [TOKEN]:
            raise Refusal(401, "UNAUTHORIZED", "the token is not known")
        require(raw_query.split("&")[-1].startswith("token="), "the token is the last parameter")
        del query["token"]
        if body:
            require(request.headers.get("Content-Type") == "application/json", "JSON says that it is JSON")
        content = json.loads(body) if body else None
        for method, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if method == request.command and found:
                arguments = [urllib.parse.unquote(part) for part in found.groups()]
                return handler(self, *arguments, query=query, body=content)
        raise Violation("the API has no such call")

    def create_upload(self):
        path = "/upload/" + self.new_id()
        self.uploads[path] = None
        return path

    def register(self, query, body):
        known_keys(body, ["name", "workerType", "labels"], ["creator", "dockerVersion"])
        same = [w["id"] for w in self.workers.values() if w["name"] == body["name"]]
        return 201, {"id": same[0] if same else self.add_worker(body["name"], body["labels"])}

    def get_workers(self, query, body):
        return 200, list(self.workers.values())

    def get_worker(self, worker, query, body):
        if worker not in self.workers:
            raise Refusal(404, "DOCKER_WORKER_UNKNOWN", "there is no such worker")
        return 200, self.workers[worker]

    def put_worker(self, worker, query, body):
        known_keys(body, ["state"], ["dockerVersion"])
        require(body["state"] in ("OFFLINE", "CRASHED", "IDLE", "BUSY"), body["state"])
        self.workers[worker].update(state=body["state"], lastModifiedAt=self.now())
        return 204, None

    @staticmethod
    def shown(scheduled):
        return {key: value for key, value in scheduled.items() if not key.startswith("_")}

    def worker_schedule(self, worker, query, body):
        (state,) = query["state"]
        labels = self.workers[worker]["labels"]
        return 200, [self.shown(s) for s in self.schedule.values()
                     if s["state"] == state and set(s["runsOn"]) <= set(labels)]

    def dataset_schedule(self, dataset, query, body):
        states = query.get("state", []) + query.get("states", []) or ["OPEN", "LOCKED"]
        return 200, [self.shown(s) for s in self.schedule.values() if s["datasetId"] == dataset and s["state"] in states]

    def put_lock(self, dataset, worker, scheduled, query, body):
        known_keys(body, ["state"], ["priority", "runsOn"])
        entry = self.schedule[scheduled]
        require(entry["datasetId"] == dataset and worker in self.workers, "worker and dataset exist")
        ours = entry["state"] == "LOCKED" and entry.get("_worker") == worker
        allowed = entry["state"] == "OPEN" if body["state"] == "LOCKED" else ours
        if not allowed:
            raise Refusal(400, "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED", "somebody else has the run, or it is over")
        entry.update(state=body["state"], lastModifiedAt=self.now(), _worker=worker)
        return 204, None

    def get_config(self, config, query, body):
        return 200, self.configs[config]

    def get_dataset(self, dataset, query, body):
        return 200, self.datasets[dataset]

    def datasets_named(self, name, query, body):
        require(query["exact"] == ["True"], query)
        return 200, [dataset for dataset in self.datasets.values() if dataset["name"] == name]

    def create_dataset(self, query, body):
        known_keys(body, ["name", "type"], ["creator", "imgType", "parentDatasetId"])
        require(re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9 _-]{2,}", body["name"]), body)
        require(body["type"] != "Crops" or body["parentDatasetId"] in self.datasets, "crops are of a dataset")
        if body["name"] in [dataset["name"] for dataset in self.datasets.values()]:
            raise Refusal(409, "DATASET_NAME_EXISTS", "there is one of this name")
        return 201, {"id": self.add_dataset(name=body["name"], kind=body["type"], parent=body.get("parentDatasetId"))}

    def get_datasources(self, dataset, query, body):
        return 200, self.datasources[dataset]

    def get_processed_until(self, dataset, query, body):
        return 200, {"processedUntilTimestamp": self.processed_until.get(dataset, 0)}

    def put_processed_until(self, dataset, query, body):
        known_keys(body, {"processedUntilTimestamp"})
        require(isinstance(body["processedUntilTimestamp"], int), "a time is a whole number of seconds")
        self.processed_until[dataset] = body["processedUntilTimestamp"]
        return 200, None

    def create_run(self, query, body):
        known_keys(body, ["dockerVersion"], ["datasetId", "scheduledId", "configId", "message", "creator"])
        require(body.get("creator") == "USER_WORKER", "a worker says so")
        run = self.new_id()
        self.runs[run] = {"id": run, "userId": "user", "dockerVersion": body["dockerVersion"], "state": "STARTED",
                          "createdAt": self.now(), "lastModifiedAt": self.now(), "datasetId": body["datasetId"],
                          "configId": body["configId"], "scheduledId": body["scheduledId"],
                          "message": body.get("message", ""), "artifacts": [], "_states": [("STARTED", "")],
                          "_logs": [], "_pending": {}}
        return 201, {"id": run}

    def get_run_of(self, scheduled, query, body):
        run = self.run_of(scheduled)
        if not run:
            raise Refusal(404, "DOCKER_RUN_UNKNOWN", "no worker has begun")
        return 200, self.shown(run)

    def put_run(self, run, query, body):
        known_keys(body, ["state"], ["message", "ts"])
        require(body["state"] in RUN_STATES, body["state"])
        entry = self.runs[run]
        require(entry["state"] not in ("COMPLETED", "FAILED", "ABORTED"), "nothing follows the end of a run")
        entry.update(state=body["state"], message=body.get("message", ""), lastModifiedAt=self.now())
        entry["_states"].append((body["state"], body.get("message", "")))
        return 204, None

    def put_logs(self, run, query, body):
        require(isinstance(body, list) and body, "a list of lines")
        for line in body:
            known_keys(line, ["ts", "level", "group", "msg"], ["origin", "state", "load"])
            require(line["level"] in LOG_LEVELS and isinstance(line["ts"], int), line)
            require(line.get("state") in RUN_STATES, line)
        self.runs[run]["_logs"] += body
        return 204, None

    def create_artifact(self, run, query, body):
        known_keys(body, ["fileName", "type"], ["storageLocation"])
        require(body["type"] in ARTIFACT_TYPES, body["type"])
        link = self.create_upload()
        same = [a["id"] for a in self.runs[run]["artifacts"] if (a["type"], a["fileName"]) == (body["type"], body["fileName"])]
        artifact = same[0] if same else self.new_id()  # what a run sends again takes the place of what it has sent
        self.runs[run]["_pending"][artifact] = (body, link)
        return 201, {"signedWriteUrl": self.url + link, "artifactId": artifact}

    def confirm_artifact(self, run, artifact, query, body):
        require(body is None, "confirmUpload has no body")
        entry, link = self.runs[run]["_pending"].pop(artifact)
        require(self.uploads[link] is not None, "uploaded before it is confirmed")
        others = [a for a in self.runs[run]["artifacts"] if a["id"] != artifact]
        require(entry["type"] not in [a["type"] for a in others], f"there is another {entry['type']} already")
        self.runs[run]["artifacts"] = [*others, {"id": artifact, "type": entry["type"], "fileName": entry["fileName"]}]
        self.runs[run].setdefault("_contents", {})[entry["type"]] = self.uploads[link]
        return 204, None


ID = "([a-f0-9]{24})"
DATASET = f"/v1/datasets/{ID}"
ROUTES = [
    ("POST", "/v1/docker/worker", FakePlatform.register),
    ("GET", "/v1/docker/worker", FakePlatform.get_workers),
    ("GET", f"/v1/docker/worker/{ID}", FakePlatform.get_worker),
    ("PUT", f"/v1/docker/worker/{ID}", FakePlatform.put_worker),
    ("GET", f"/v1/docker/worker/{ID}/schedule", FakePlatform.worker_schedule),
    ("GET", f"{DATASET}/docker/worker/schedule", FakePlatform.dataset_schedule),
    ("PUT", f"{DATASET}/docker/worker/{ID}/schedule/{ID}", FakePlatform.put_lock),
    ("GET", f"/v1/docker/worker/config/vX/{ID}", FakePlatform.get_config),
    ("POST", "/v1/datasets", FakePlatform.create_dataset),
    ("GET", "/v1/datasets/query/name/(.+)", FakePlatform.datasets_named),
    ("GET", DATASET, FakePlatform.get_dataset),
    ("GET", f"{DATASET}/datasource/all", FakePlatform.get_datasources),
    ("GET", f"{DATASET}/datasource/processedUntilTimestamp", FakePlatform.get_processed_until),
    ("PUT", f"{DATASET}/datasource/processedUntilTimestamp", FakePlatform.put_processed_until),
    ("POST", "/v1/docker/runs", FakePlatform.create_run),
    ("GET", f"/v1/docker/runs/schedule/{ID}", FakePlatform.get_run_of),
    ("PUT", f"/v1/docker/runs/{ID}", FakePlatform.put_run),
    ("PUT", f"/v1/docker/runs/{ID}/logs", FakePlatform.put_logs),
    ("POST", f"/v1/docker/runs/{ID}/artifacts", FakePlatform.create_artifact),
    ("PUT", f"/v1/docker/runs/{ID}/artifacts/{ID}/confirmUpload", FakePlatform.confirm_artifact),
    ("GET", f"{DATASET}/mappings", FakePlatform.mappings),
    ("POST", f"{DATASET}/samples/many", FakePlatform.no_such_call),
    ("POST", f"{DATASET}/samples/withWriteUrls", FakePlatform.create_sample),
    ("GET", f"{DATASET}/samples/{ID}", FakePlatform.get_sample),
    ("GET", f"{DATASET}/configuration/metadata", FakePlatform.get_metadata),
    ("POST", f"{DATASET}/configuration/metadata", FakePlatform.create_metadata),
    ("GET", f"{DATASET}/tags", FakePlatform.get_tags),
    ("POST", f"{DATASET}/tags", FakePlatform.create_tag),
    ("POST", f"{DATASET}/tags/initial", FakePlatform.initial_tag),
    ("POST", f"{DATASET}/tags/upsize", FakePlatform.upsize),
    ("GET", f"{DATASET}/embeddings", FakePlatform.get_embeddings),
    ("GET", f"{DATASET}/embeddings/writeCSVUrl", FakePlatform.write_csv),
    ("PUT", f"{DATASET}/embeddings/{ID}/isProcessed", FakePlatform.set_processed),
    ("POST", f"{DATASET}/predictions/tasks", FakePlatform.create_task),
    ("POST", f"{DATASET}/predictions/samples/{ID}", FakePlatform.put_predictions),
    ("POST", f"{DATASET}/predictions/scores", FakePlatform.put_scores),
    ("GET", f"{DATASET}/predictions/scores", FakePlatform.get_scores),
]
