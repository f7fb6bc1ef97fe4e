"""What the end-to-end tests share: running pretag, making pictures, reading what a run wrote.

Each test is a script: BEHAVIOUR.py PRETAG MAKE_TEST_IMAGES [unittest arguments]. PRETAG_TEST_MODEL names the weight
file; without it the program finds its own. PRETAG_TEST_DATABASE is the address of a PostgreSQL server on which the
tests of pretag serve then run, instead of on SQLite (tests/support/postgres_cluster.py). A script of which every test was
skipped ends with code 77.
"""

import csv
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import postgres_cluster  # noqa: E402
from api_client import Client  # noqa: E402

ON_POSTGRES = "PRETAG_TEST_DATABASE" in os.environ
OK, ERROR, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
SKIPPED = 77
PATIENCE = 600  # seconds; only something that hangs takes as long
ENDS = ("COMPLETED", "FAILED", "CRASHED", "ABORTED")  # states of runs
CLASSES = ["bicycle", "bus", "car", "motorcycle", "person", "train", "truck"]


class EndToEndTest(unittest.TestCase):
    """Gives each test a folder of its own, `self.folder`, in which pretag is run."""

    pretag = make_test_images = ""  # set by main()
    maxDiff = 2000

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pretag-e2e-", ignore_cleanup_errors=True)
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.database = ""  # of pretag serve, if it is in PostgreSQL

    def images(self, name, kind, count=1):
        """Fills the folder `name` with a set of make_test_images."""
        subprocess.run([self.make_test_images, str(self.folder / name), kind, str(count)], check=True)
        return self.folder / name

    def out_of_gpu_memory(self, buffers):
        """The environment in which OpenCL has memory for so many buffers."""
        library = Path(self.make_test_images).with_name("libfailing_opencl.so")
        self.assertTrue(library.exists(), library)
        return {"LD_PRELOAD": str(library), "FAILING_OPENCL_AFTER": str(buffers)}

    def command(self, *arguments, model=None):
        """pretag with these arguments; a run also gets the model, a server its database."""
        if arguments[0] in ("serve", "token") and "--database" not in arguments:
            arguments = [*arguments, *self.database_options()]
        model = model or os.environ.get("PRETAG_TEST_MODEL")
        takes_model = arguments[0] == "run" and model and not any(str(a).startswith("model=") for a in arguments)
        return [self.pretag, *map(str, arguments), *([f"model={model}"] if takes_model else [])]

    def database_options(self):
        """For pretag serve and token: each test has a database of its own."""
        if ON_POSTGRES and not self.database:
            self.database = postgres_cluster.new_database(os.environ["PRETAG_TEST_DATABASE"])
        return ["--database", self.database] if self.database else []

    def run_pretag(self, *arguments, code=OK, model=None, env=None):
        """Runs to the end and checks the exit code. The result has stdout and stderr as text."""
        done = subprocess.run(
            self.command(*arguments, model=model), cwd=self.folder, env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="backslashreplace", timeout=PATIENCE)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def start_pretag(self, *arguments, model=None, env=None):
        """Starts a run whose progress is JSON; events_of() reads it."""
        process = subprocess.Popen(self.command(*arguments, "--progress", "json", model=model), cwd=self.folder,
                                   env={**os.environ, **(env or {})},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(end, process)
        return process

    def quick_model(self, longest=32, shortest=32, least_score=None):
        """A weight file like the model but for its metadata: it scales images to few pixels, so that many are done
        soon. What it finds is not worth much, and nothing was measured of it. `least_score`: for those who want many boxes."""
        path = self.folder / f"quick{shortest}x{longest}-{least_score}.safetensors"
        if path.exists():
            return path
        model = os.environ.get("PRETAG_TEST_MODEL") or self.doctor()["facts"]["model"]
        content = Path(model).read_bytes()
        (size,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8:8 + size])
        for measured in ("activation_ranges", "logit_offsets"):
            header["__metadata__"].pop(measured, None)
        header["__metadata__"].update(min_size=str(shortest), max_size=str(longest))
        if least_score is not None:
            header["__metadata__"]["box_score_threshold"] = str(least_score)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size:])
        return path

    def doctor(self):
        done = subprocess.run([self.pretag, "doctor", "--json"], capture_output=True, text=True, timeout=PATIENCE)
        return json.loads(done.stdout)

    def assert_plain_error(self, done, *parts):
        """One line on stderr that says what is wrong, the last one; each of `parts` is in it."""
        line = done.stderr.strip().splitlines()[-1]
        self.assertTrue(line.startswith(f"pretag {done.args[1]}: "), done.stderr)
        for part in parts:
            self.assertIn(str(part), line)

    def assert_no_leftovers(self, run):
        """No temporary file of an atomic write is left."""
        self.assertEqual([str(p) for p in Path(run).rglob("*.tmp")], [])


class ServerTest(EndToEndTest):
    """A test with a pretag serve of its own: start() it."""

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
        self.addCleanup(end, self.process)
        line = self.process.stdout.readline()
        if line.startswith("Your first token"):
            self.token = line.split()[-1]
            line = self.process.stdout.readline()
        self.port = int(re.fullmatch(rf"Listening on {scheme}://127\.0\.0\.1:(\d+)\n", line).group(1))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def client(self, version="1.5.26", token=None):
        return Client(self, self.port, self.token if token is None else token, version)

    def new_token(self, user):
        return self.run_pretag("token", "create", "--data", "data", "--user", user).stdout.strip()

    def assert_keys(self, value, required, optional=frozenset()):
        self.assertLessEqual(required, value.keys())
        self.assertLessEqual(value.keys(), required | optional)


class JobsTest(EndToEndTest):
    """A server, workers, and what a script does with them: start_server() first."""

    def start_server(self, *options, environment=None):
        log = open(self.folder / "server.log", "w+", encoding="utf-8")
        self.addCleanup(log.close)
        self.server = subprocess.Popen(
            self.command("serve", "--data", "data", "--port", "0", "--init", "--lease", "5", *options), cwd=self.folder,
            env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(end, self.server)

        def said():
            text = (self.folder / "server.log").read_text()
            token, url = re.search(r"token\b.*: (\S{32,})", text), re.search(r"https?://[\w.]+:(\d+)", text)
            return token and url and (token[1], url[0])

        self.token, self.url = self.wait_for(said, "server.log")

    def wait_for(self, condition, log, patience=PATIENCE):
        end_of_patience = time.monotonic() + patience
        while time.monotonic() < end_of_patience:
            if result := condition():
                return result
            time.sleep(0.1)
        self.fail((self.folder / log).read_text())

    def environment(self):
        return {**os.environ, "LIGHTLY_SERVER_LOCATION": self.url, "LIGHTLY_TOKEN": self.token, "POLL_SECONDS": "0.2"}

    def call(self, method, path, body=None, **query):
        query = urllib.parse.urlencode({**query, "token": self.token})
        request = urllib.request.Request(f"{self.url}{path}?{query}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def start_worker(self, number, *settings, environment=None):
        log = open(self.folder / f"worker{number}.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [self.pretag, "worker", "worker.worker_name=worker" + str(number), "output_dir=runs", "shared_dir=shared",
             f"model={self.quick_model()}", "num_threads=1", "worker.poll_interval=0.3", "worker.heartbeat_interval=1",
             "worker.progress_interval=0.1", *settings],
            cwd=self.folder, env={**self.environment(), **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
        self.addCleanup(end, process)
        return process

    def new_dataset(self, name, datasources, kind="Images"):
        """`datasources` maps purposes to what belongs to the type of each."""
        dataset = self.call("POST", "/v1/datasets", {"name": name, "type": kind})["id"]
        for purpose, config in datasources.items():
            self.call("PUT", f"/v1/datasets/{dataset}/datasource",
                      {"purpose": purpose, "thumbSuffix": ".lightly/thumbnails/[filename]_thumb.[extension]", **config})
        return dataset

    def schedule(self, dataset_name, query=None, dataset=None, labels=(), samples=4, **docker):
        dataset = dataset or self.new_dataset(dataset_name)
        config = self.call("POST", "/v1/docker/worker/config/vX", {"version": "V4", "creator": "USER_PIP", "config": {
            "workerType": "FULL", "docker": {"pretagging": True, **docker}, "selection": {
                "nSamples": samples, "strategies": [{"input": {"type": "EMBEDDINGS", **(query or {})},
                                               "strategy": {"type": "SIMILARITY" if query else "DIVERSITY"}}]}}})
        return dataset, self.call("POST", f"/v1/datasets/{dataset}/docker/worker/schedule",
                                  {"configId": config["id"], "priority": "MID", "runsOn": list(labels)})["id"]

    def run_of(self, scheduled):
        try:
            return self.call("GET", f"/v1/docker/runs/schedule/{scheduled}")
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 404)
            return None

    def wait_for_end(self, scheduled, log):
        return self.wait_for(lambda: (run := self.run_of(scheduled)) and run["state"] in ENDS and run, log)

    def assert_results(self, dataset, run, count):
        """Every result of the run is at the server, once."""
        self.assertEqual(run["state"], "COMPLETED", run["message"])
        names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
        self.assertEqual((len(names), len(set(names))), (count, count))
        tags = self.call("GET", f"/v1/datasets/{dataset}/tags")
        self.assertEqual([(tag["name"], tag["bitMaskData"]) for tag in tags], [("initial-tag", hex(2 ** count - 1))])
        embeddings = self.call("GET", f"/v1/datasets/{dataset}/embeddings")
        self.assertEqual([(e["name"], e["isProcessed"]) for e in embeddings], [("default_" + run["id"], True)])
        types = [artifact["type"] for artifact in run["artifacts"]]
        self.assertEqual(len(types), len(set(types)))
        self.assertLessEqual({"REPORT_JSON", "LOG", "MEMLOG", "CORRUPTNESS_CHECK_INFORMATION"}, set(types))


def end(process):
    """Kills a process that a failing test left behind."""
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()


def events_of(process):
    """The events of --progress json, as they come."""
    for line in process.stderr:
        yield json.loads(line)


def resident_memory(process_id):
    """In KiB; None if the process has just ended."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    return int(found.group(1)) if found else None


def png_size(path):
    """Width and height, from the header."""
    return struct.unpack(">II", Path(path).read_bytes()[16:24])


def dump_of(run):
    return json.loads((Path(run) / "data/bounding_boxes.json").read_text(encoding="utf-8"))


def names_in_dump(run):
    return [entry["filename"] for entry in dump_of(run)]


def reasons_of(run):
    """Why images could not be used, by name."""
    text = (Path(run) / "corruptness_check_information.json").read_text(encoding="utf-8")
    return json.loads(text)["corrupt_samples"]


def embeddings_of(run):
    """The header and the rows of the embeddings file, as text."""
    with open(Path(run) / "data/embeddings.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def result_files(run):
    """The bytes of everything that holds results, by path. Reports are left out: they tell the time."""
    run = Path(run)
    files = [path for part in ("data", "filenames") for path in (run / part).rglob("*") if path.is_file()]
    files.append(run / "corruptness_check_information.json")
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def as_nobody(command):
    """The command as a user without rights; None where this one cannot become nobody."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return None
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PRETAG MAKE_TEST_IMAGES [unittest arguments]")
    EndToEndTest.pretag, EndToEndTest.make_test_images = map(os.path.abspath, sys.argv[1:3])
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"  # or a proxy would be asked for them
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored, which pretag would inherit
    program = unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else OK)
