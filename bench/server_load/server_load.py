#!/usr/bin/env python3
"""Puts load on a pretag serve of its own and says what came of it: server_load.py PRETAG [--samples N] [--seconds S]

100,000 samples in listings, mappings and exports; 50 workers that poll; wrk with polling and listing meanwhile. Needs wrk
(apt-get install wrk). Figures depend on what else the machine does: run it on one that is idle, and on the same one to
compare. wrk 4.1 has no fixed rate: it asks as fast as its connections allow, so that 1,000 requests/s are passed or not.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

WORKERS = 50


class Server:
    def __init__(self, pretag, folder):
        self.process = subprocess.Popen([pretag, "serve", "--data", f"{folder}/data", "--port", "0", "--init", "--no-access-log"],
                                        stdout=subprocess.PIPE, text=True)
        self.token = self.process.stdout.readline().split()[-1]
        self.url = self.process.stdout.readline().split()[-1]

    def address(self, path):
        return f"{self.url}{path}{'&' if '?' in path else '?'}token={self.token}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.address(path), method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=180) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024


def fill(server, samples):
    """A dataset with that many samples, a job, and workers. Its path, and the workers' ids."""
    dataset = "/v1/datasets/" + server.call("POST", "/v1/datasets", {"name": "load", "type": "Images"})["id"]
    server.call("PUT", f"{dataset}/datasource", {"type": "LOCAL", "purpose": "INPUT", "fullPath": "",
                                                 "webServerLocation": "http://localhost:3456"})

    def add(number):
        server.call("POST", f"{dataset}/samples/withWriteUrls", {
            "fileName": f"camera front/2024-05-06/{number:08}.jpg",
            "metaData": {"sharpness": 12.5, "luminance": 48.5, "sizeInBytes": 123456, "shape": [1280, 720, 3]}})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(samples)))
    server.call("POST", f"{dataset}/tags/initial", {"name": "initial-tag", "imgType": "full"})
    workers = [server.call("POST", "/v1/docker/worker", {"name": f"worker {i}", "workerType": "FULL", "labels": []})["id"]
               for i in range(WORKERS)]
    return dataset, workers


def walk(server, dataset):
    """What the client reads of a large dataset, whole as 1.2.47 asks for it; seconds for each."""
    tag = server.call("GET", f"{dataset}/tags")[0]["id"]
    paths = {"samples": f"{dataset}/samples", "names": f"{dataset}/mappings?field=fileName",
             "filenames export": f"{dataset}/tags/{tag}/export/basic/filenames",
             "LabelStudio export": f"{dataset}/tags/{tag}/export/LabelStudio/tasks"}
    seconds = {}
    for what, path in paths.items():
        begin = time.monotonic()
        server.call("GET", path)
        seconds[what] = time.monotonic() - begin
    return seconds


def poll(server, worker, ended, seconds):
    """A worker as it waits: a sign of life, a look at the schedule, a pause."""
    while not ended.wait(1):
        begin = time.monotonic()
        server.call("PUT", f"/v1/docker/worker/{worker}", {"state": "IDLE"})
        server.call("GET", f"/v1/docker/worker/{worker}/schedule?state=OPEN")
        seconds.append((time.monotonic() - begin) / 2)


def wrk(server, path, seconds):
    """Requests/s, the 99th percentile in ms, and how many answers were none or errors."""
    text = subprocess.run(["wrk", "-t2", "-c16", f"-d{seconds}s", "--latency", server.address(path)],
                          capture_output=True, text=True, check=True).stdout
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    failed = sum(int(n) for line in re.findall(r"(?:Socket errors|Non-2xx).*", text) for n in re.findall(r"\d+", line)[-4:])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], failed


def percentile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pretag")
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pretag-load-") as folder:
        server = Server(os.path.abspath(options.pretag), folder)
        try:
            begin = time.monotonic()
            dataset, workers = fill(server, options.samples)
            print(f"filled: {options.samples / (time.monotonic() - begin):.0f} samples/s, {server.peak_mib():.0f} MiB")
            for what, seconds in walk(server, dataset).items():
                print(f"{what}: {options.samples} entries in {seconds:.2f} s")
            print(f"most memory so far: {server.peak_mib():.0f} MiB")
            ended, polls = threading.Event(), []
            with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
                for worker in workers:
                    pool.submit(poll, server, worker, ended, polls)
                for what, path in [("polling", f"/v1/docker/worker/{workers[0]}/schedule?state=OPEN"),
                                   ("listing", "/v1/datasets?pageSize=5000"), ("names", f"{dataset}/mappings?field=fileName&pageSize=100")]:
                    rate, slowest, failed = wrk(server, path, options.seconds)
                    print(f"{what}: {rate:.0f} requests/s, p99 {slowest:.1f} ms, {failed} failed")
                ended.set()
            print(f"{WORKERS} workers: {len(polls)} polls, p99 {1000 * percentile(polls, 0.99):.1f} ms a request")
            print(f"most memory: {server.peak_mib():.0f} MiB of 500")
        finally:
            server.process.terminate()
            server.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
