#!/usr/bin/env python3
"""Pretags the images of a worker's input mount with the HTTP API alone, `pip install requests`.

    export LIGHTLY_SERVER_LOCATION=http://localhost:8000 LIGHTLY_TOKEN=YOUR_TOKEN
    pretag worker token=YOUR_TOKEN worker.worker_id=YOUR_WORKER_ID input_dir=photos output_dir=runs
    python3 examples/run_pretagging_requests.py my-dataset

Prints the states of the run as they change, and writes the report to report.json.
"""

import os
import sys
import time

import requests

SERVER = os.environ.get("LIGHTLY_SERVER_LOCATION", "http://localhost:8000").rstrip("/")
TOKEN = os.environ.get("LIGHTLY_TOKEN", "")
ENDS = ("COMPLETED", "FAILED", "CRASHED", "ABORTED")


def ask(method, url, **arguments):
    try:
        return requests.request(method, url, timeout=180, **arguments)
    except requests.exceptions.SSLError as error:
        sys.exit(f"{SERVER}: {error}")
    except requests.ConnectionError:
        sys.exit(f"{SERVER} cannot be reached; is pretag serve running?")


def ask_server(method, path, **arguments):
    return ask(method, SERVER + path, headers={"Authorization": f"Bearer {TOKEN}"}, **arguments)


def call(method, path, body=None):
    answer = ask_server(method, path, json=body)
    if not answer.ok:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.json().get('error', '')}")
    return answer.json() if answer.content else None


def local_source(purpose):
    return {"type": "LOCAL", "purpose": purpose, "fullPath": "", "webServerLocation": "http://localhost:3456"}


def schedule(dataset_name):
    dataset = call("POST", "/v1/datasets", {"name": dataset_name, "type": "Images", "creator": "USER_PIP"})["id"]
    # fullPath is relative to the worker's input_dir and lightly_dir.
    for purpose in ("INPUT", "LIGHTLY"):
        call("PUT", f"/v1/datasets/{dataset}/datasource", local_source(purpose))
    config = call("POST", "/v1/docker/worker/config", {"config": {
        "workerType": "FULL",
        "docker": {"pretagging": True, "pretagging_debug": True},
        "lightly": {},
        "selection": {"nSamples": 50,
                      "strategies": [{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]},
    }})["id"]
    return dataset, call("POST", f"/v1/datasets/{dataset}/docker/worker/schedule",
                         {"configId": config, "priority": "MID", "runsOn": [], "creator": "USER_PIP"})["id"]


def run_of(scheduled):
    answer = ask_server("GET", f"/v1/docker/runs/schedule/{scheduled}")
    return None if answer.status_code == 404 else answer.json()


def wait(scheduled):
    shown = None
    while True:
        run = run_of(scheduled)
        now = (run["state"], run.get("message", "")) if run else ("OPEN", "no worker has taken the job yet")
        if now != shown:
            print(": ".join(now), flush=True)
        shown = now
        if now[0] in ENDS:
            return run
        time.sleep(float(os.environ.get("POLL_SECONDS", "5")))


def download(run, artifact_type, path):
    for artifact in run["artifacts"]:
        if artifact["type"] == artifact_type:
            url = call("GET", f"/v1/docker/runs/{run['id']}/artifacts/{artifact['id']}/readurl")
            with open(path, "wb") as file:
                file.write(ask("GET", url).content)
            return
    sys.exit(f"the run has no {artifact_type}")


def main(dataset_name):
    dataset, scheduled = schedule(dataset_name)
    run = wait(scheduled)
    if run["state"] != "COMPLETED":
        sys.exit(1)
    download(run, "REPORT_JSON", "report.json")
    tags = call("GET", f"/v1/datasets/{dataset}/tags")
    names = call("GET", f"/v1/datasets/{dataset}/tags/{tags[-1]['id']}/export/basic/filenames")
    print(f"selected: {names}".replace("\n", " "))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
