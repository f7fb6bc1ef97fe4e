#!/usr/bin/env python3
"""Pretags the images of a worker's input mount with the HTTP API alone; needs requests (Debian: python3-requests).

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
PAUSES = (1, 2, 4, 8, 16)  # seconds before a server that is busy or being restarted is asked again


def ask_once(method, url, **arguments):
    try:
        return requests.request(method, url, timeout=180, **arguments)
    except requests.exceptions.SSLError as error:
        sys.exit(f"{SERVER}: {error}")
    except requests.ConnectionError:
        sys.exit(f"{SERVER} cannot be reached; is pretag serve running?")


def reason_of(answer):
    try:
        return answer.json()["error"]
    except (ValueError, KeyError, TypeError):  # a proxy's page
        return answer.reason


def ask(method, url, may_be_missing=False, **arguments):
    """The answer, which is a success; None for what there is not, if that may be."""
    answer = ask_once(method, url, **arguments)
    for pause in PAUSES:
        if answer.status_code < 500:
            break
        time.sleep(pause)
        answer = ask_once(method, url, **arguments)
    if answer.status_code == 404 and may_be_missing:
        return None
    if not answer.ok:
        sys.exit(f"{method} {url.split('?')[0]}: {answer.status_code} {reason_of(answer)}")
    return answer


def call(method, path, body=None, may_be_missing=False):
    answer = ask(method, SERVER + path, may_be_missing, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    return answer.json() if answer is not None and answer.content else None


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


def state_of_job(dataset, scheduled):
    """While there is no run: a job may be cancelled, or deleted with its dataset, before a worker begins."""
    job = call("GET", f"/v1/datasets/{dataset}/docker/worker/schedule/{scheduled}", may_be_missing=True)
    if job is None:
        sys.exit("the job was deleted")
    if job["state"] == "CANCELED":
        sys.exit("the job was cancelled before a worker began with it")
    return job["state"], "no worker has begun with the job yet"


def wait(dataset, scheduled):
    shown = None
    while True:
        run = call("GET", f"/v1/docker/runs/schedule/{scheduled}", may_be_missing=True)
        now = (run["state"], run.get("message", "")) if run else state_of_job(dataset, scheduled)
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
            content = ask("GET", url).content
            with open(path, "wb") as file:
                file.write(content)
            return
    sys.exit(f"the run has no {artifact_type}")


def main(dataset_name):
    dataset, scheduled = schedule(dataset_name)
    run = wait(dataset, scheduled)
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
