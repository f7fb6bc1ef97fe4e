#!/usr/bin/env python3
"""Puts load on a pretag serve of its own and says what came of it:

    server_load.py PRETAG [--samples N] [--seconds S] [--repeat R] [--images FOLDER] [--setting KEY=VALUE …]

100,000 samples with predictions in listings, mappings, exports and the pages of the image browser; then polling and
listing at a rate of a thousand requests a second and as fast as they go, while 50 workers poll and, with --images, a
pretag worker pretags the pictures of that folder, job after job. Settings are the worker's. Needs wrk (apt-get install
wrk). Figures depend on what else the machine does: run it on one that is idle, and on the same one to compare.
"""

import argparse
import concurrent.futures
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

WORKERS = 50
CONNECTIONS = 16
CLASSES = ["bicycle", "bus", "car", "motorcycle", "person", "train", "truck"]
MOMENT = 1700000000000  # of the predictions, unix ms


class Server:
    def __init__(self, pretag, folder):
        self.process = subprocess.Popen([pretag, "serve", "--data", f"{folder}/data", "--port", "0", "--init", "--no-access-log"],
                                        stdout=subprocess.PIPE, text=True)
        self.token = self.process.stdout.readline().split()[-1]
        self.url = self.process.stdout.readline().split()[-1]

    def address(self, path):
        return f"{self.url}{path}{'&' if '?' in path else '?'}token={self.token}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.address(path), method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=180) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def memory_mib(self, which="VmHWM"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(which + r":\s+(\d+)", status.read()).group(1)) / 1024


def objects(number):
    """Up to eight boxes, the same for the same number."""
    chance = random.Random(number)
    return [{"type": "OBJECT_DETECTION", "taskName": "lightly_pretagging", "categoryId": chance.choice([0, 1, 2, 2, 2, 3, 4, 4, 5, 6]),
             "score": chance.random(), "bbox": [chance.randrange(1200), chance.randrange(700), 60, 40]}
            for _ in range(chance.randrange(9))]


def fill(server, samples):
    """A dataset with that many samples and their predictions, every tenth selected; its path."""
    dataset = "/v1/datasets/" + server.call("POST", "/v1/datasets", {"name": "load", "type": "Images"})["id"]
    server.call("PUT", f"{dataset}/datasource", {"type": "LOCAL", "purpose": "INPUT_OUTPUT", "fullPath": "",
                                                 "webServerLocation": "http://localhost:3456"})
    server.call("POST", f"{dataset}/predictions/tasks?predictionUUIDTimestamp={MOMENT}", {
        "name": "lightly_pretagging", "type": "OBJECT_DETECTION",
        "categories": [{"id": i, "name": name} for i, name in enumerate(CLASSES)]})

    def add(number):
        sample = server.call("POST", f"{dataset}/samples/withWriteUrls", {
            "fileName": f"camera front/2024-05-06/{number:08}.jpg",
            "metaData": {"sharpness": 12.5, "luminance": 48.5, "sizeInBytes": 123456, "shape": [1280, 720, 3]}})["id"]
        server.call("POST", f"{dataset}/predictions/samples/{sample}?predictionUUIDTimestamp={MOMENT}", objects(number))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(samples)))
    server.call("POST", f"{dataset}/tags/initial", {"name": "initial-tag", "imgType": "full"})
    mask = sum(1 << i for i in range(0, samples, 10))
    server.call("POST", f"{dataset}/tags", {"name": "selected", "bitMaskData": hex(mask), "totSize": samples})
    return dataset


def seconds_of(server, path):
    begin = time.monotonic()
    server.call("GET", path)
    return time.monotonic() - begin


def walk(server, dataset, samples):
    """What the client reads of a large dataset, whole as 1.2.47 asks for it."""
    tag = server.call("GET", f"{dataset}/tags")[-1]["id"]
    for what, path in {"samples": f"{dataset}/samples", "names": f"{dataset}/mappings?field=fileName",
                       "filenames export": f"{dataset}/tags/{tag}/export/basic/filenames",
                       "LabelStudio export": f"{dataset}/tags/{tag}/export/LabelStudio/tasks",
                       "predictions": f"{dataset}/predictions/samples"}.items():
        print(f"{what}: {samples} entries in {seconds_of(server, path):.2f} s")
    print(f"most memory so far: {server.memory_mib():.0f} MiB")


def browse(server, dataset, samples):
    """What the image browser asks for, the median of five times."""
    tag = server.call("GET", f"{dataset}/tags")[0]["id"]
    web = dataset.replace("/v1/", "/web/api/")
    images = f"{web}/images?predictions={MOMENT}/lightly_pretagging&tag={tag}&pageSize=60"
    for what, path in {"the dataset": web, "first page": images, "last page": f"{images}&pageOffset={samples - 60}",
                       "selected": f"{images}&show=selected", "left out, last page": f"{images}&show=others&pageOffset={samples * 9 // 10 - 60}",
                       "cars": f"{images}&category=2", "cars above 0.9": f"{images}&category=2&minScore=0.9",
                       "selected trains, last page": f"{images}&category=5&show=selected&pageOffset={samples // 40}",
                       "anything above 0.5": f"{images}&minScore=0.5",
                       "classes": f"{web}/classes?predictions={MOMENT}/lightly_pretagging&tag={tag}&minScore=0.5"}.items():
        times = [seconds_of(server, path) for _ in range(5)]
        print(f"browser, {what}: {1000 * statistics.median(times):.1f} ms")


def poll(server, worker, ended, seconds):
    """A worker as it waits: a sign of life, a look at the schedule, a pause."""
    while not ended.wait(1):
        begin = time.monotonic()
        server.call("PUT", f"/v1/docker/worker/{worker}", {"state": "IDLE"})
        server.call("GET", f"/v1/docker/worker/{worker}/schedule?state=OPEN")
        seconds.append((time.monotonic() - begin) / 2)


def wrk(server, folder, paths, seconds, pause=None):
    """Requests/s over those paths in turn, the 99th percentile in ms, and how many answers were none or errors. wrk has
    no rate of its own: `pause`, milliseconds, is the longest time that a connection waits before it asks again."""
    script = os.path.join(folder, "wrk.lua")
    with open(script, "w") as lua:
        targets = ", ".join(json.dumps(server.address(path)[len(server.url):]) for path in paths)
        lua.write(f"local paths, turn = {{{targets}}}, 0\n"
                  "request = function() turn = turn % #paths + 1; return wrk.format('GET', paths[turn]) end\n")
        if pause:
            lua.write(f"delay = function() return math.random(0, {pause}) end\n")
    text = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, server.url],
                          capture_output=True, text=True, check=True).stdout
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    failed = sum(int(n) for line in re.findall(r"(?:Socket errors|Non-2xx).*", text) for n in re.findall(r"\d+", line)[-4:])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], failed


def percentile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


class Runs:
    """A pretag worker that does one job after the other; each pretags the same pictures."""

    def __init__(self, pretag, server, folder, images, settings):
        self.server = server
        self.jobs = []
        dataset = server.call("POST", "/v1/datasets", {"name": "runs", "type": "Images"})["id"]
        server.call("PUT", f"/v1/datasets/{dataset}/datasource", {"type": "LOCAL", "purpose": "INPUT_OUTPUT", "fullPath": "",
                                                                  "webServerLocation": "http://localhost:3456"})
        config = server.call("POST", "/v1/docker/worker/config/vX", {"version": "V4", "creator": "USER_PIP", "config": {
            "workerType": "FULL", "docker": {"pretagging": True}, "selection": {"nSamples": 4, "strategies": [
                {"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]}}})["id"]
        for _ in range(50):
            self.jobs.append(server.call("POST", f"/v1/datasets/{dataset}/docker/worker/schedule",
                                         {"configId": config, "priority": "MID", "runsOn": []})["id"])
        self.log = open(f"{folder}/worker.log", "w+")
        self.process = subprocess.Popen(
            [pretag, "worker", "worker.worker_name=runner", f"input_dir={images}", f"lightly_dir={folder}/lightly",
             f"output_dir={folder}/runs", f"shared_dir={folder}/shared", *settings],
            env={**os.environ, "LIGHTLY_SERVER_LOCATION": server.url, "LIGHTLY_TOKEN": server.token},
            stdout=self.log, stderr=self.log)

    def states(self):
        return [run["state"] for run in self.server.call("GET", "/v1/docker/runs")]

    def end(self):
        """Says how far it came; a run must have been under way all the time."""
        states = self.states()
        ended = self.process.poll() is not None or len(states) == len(self.jobs) or "FAILED" in states
        self.process.terminate()
        self.process.wait()
        if ended:
            self.log.seek(0)
            sys.exit("the worker did not work all the time:\n" + self.log.read()[-2000:])
        return f"runs: {states.count('COMPLETED')} completed meanwhile, one in state {states[0]}"


def load(server, folder, dataset, samples, seconds):
    """The figures that the goal is about, while workers poll."""
    workers = [server.call("POST", "/v1/docker/worker", {"name": f"worker {i}", "workerType": "FULL", "labels": ["idle"]})["id"]
               for i in range(WORKERS)]
    ended, polls = threading.Event(), []
    polling = f"/v1/docker/worker/{workers[0]}/schedule?state=OPEN"
    listing, runs = "/v1/datasets?pageSize=5000", "/v1/docker/runs?pageSize=100"
    names = f"{dataset}/mappings?field=fileName&pageSize=100&pageOffset={samples * 9 // 10}"
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for worker in workers:
            pool.submit(poll, server, worker, ended, polls)
        try:
            # 16 connections that wait for 12 ms on average.
            for what, paths, pause in [("polling and listing in turn at a rate", [polling, listing, polling, runs, polling, names], 24),
                                       ("polling", [polling], None), ("listing datasets", [listing], None), ("100 names", [names], None)]:
                rate, slowest, failed = wrk(server, folder, paths, seconds, pause)
                print(f"{what}: {rate:.0f} requests/s, p99 {slowest:.1f} ms, {failed} failed")
        finally:
            ended.set()
    print(f"{WORKERS} workers: {len(polls)} polls, p99 {1000 * percentile(polls, 0.99):.1f} ms a request")
    for worker in workers:
        server.call("DELETE", f"/v1/docker/worker/{worker}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pretag")
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=1, help="how often to measure the load")
    parser.add_argument("--images", help="pictures that a worker pretags meanwhile")
    parser.add_argument("--setting", action="append", default=[], help="of that worker, as num_threads=1")
    options = parser.parse_args()
    pretag = os.path.abspath(options.pretag)
    with tempfile.TemporaryDirectory(prefix="pretag-load-") as folder:
        server = Server(pretag, folder)
        try:
            begin = time.monotonic()
            dataset = fill(server, options.samples)
            print(f"filled: {options.samples / (time.monotonic() - begin):.0f} samples/s, {server.memory_mib():.0f} MiB")
            walk(server, dataset, options.samples)
            browse(server, dataset, options.samples)
            runs = options.images and Runs(pretag, server, folder, os.path.abspath(options.images), options.setting)
            while runs and "PRETAGGING" not in runs.states():
                time.sleep(0.5)
            for _ in range(options.repeat):
                load(server, folder, dataset, options.samples, options.seconds)
            if runs:
                print(runs.end())
            print(f"most memory: {server.memory_mib():.0f} MiB of 500")
        finally:
            server.process.terminate()
            server.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
