#!/usr/bin/env python3
"""pretag serve on a real socket: the flow of a script and a worker, in the request shapes of each generation of the public
client, with the checks that the strictest of them makes."""

import concurrent.futures
import os
import re
import signal
import socket
import time
import urllib.parse

import support
from api_client import Client

ID = re.compile("[a-f0-9]{24}")
DATASET_KEYS = {"id", "name", "userId", "type", "nSamples", "sizeInBytes", "createdAt", "lastModifiedAt"}
DATASET_MORE = {"accessType", "imgType", "metaDataConfigurationId", "datasources", "accessRole", "parentDatasetId",
                "originalDatasetId", "datasourceProcessedUntilTimestamp"}
JOB_KEYS = {"id", "datasetId", "configId", "priority", "runsOn", "state", "createdAt", "lastModifiedAt"}
RUN_KEYS = {"id", "userId", "dockerVersion", "state", "createdAt", "lastModifiedAt"}
RUN_MORE = {"datasetId", "configId", "scheduledId", "message", "artifacts"}
WORKER_KEYS = {"id", "userId", "name", "workerType", "state", "createdAt", "lastModifiedAt", "labels"}
TAG_KEYS = {"id", "datasetId", "prevTagId", "name", "bitMaskData", "totSize", "createdAt"}
TAG_MORE = {"queryTagId", "preselectedTagId", "lastModifiedAt", "changes", "runId"}

# Version of the client: where its configuration goes, in which form, and what the worker is told its version is.
GENERATIONS = {
    "1.2.47": ("", {"pretagging": True, "pretagging_debug": True}, "V0"),
    "1.3.3": ("/v2", {"pretagging": True}, "V2"),
    "1.4.26": ("/v3", {"pretagging": True}, "V3"),
    "1.5.26": ("/vX", {"pretagging": True}, "V4"),
}


class TheFlow(support.ServerTest):
    def play_generation(self, version):
        name = f"street scenes {version.replace('.', '-')}"
        script, worker = self.client(version), self.client()
        self.assertRegex(Client(self, self.port, "").get("/v1/versions/pip/latest", ("currentVersion", version)),
                         r"^\d+\.\d+\.\d+$")

        # The script: a dataset, its data source, a worker, a configuration, a job.
        quoted = "/v1/datasets/query/name/" + urllib.parse.quote(name, safe="")
        self.assertEqual(script.get(quoted, ("shared", False), ("exact", True), ("pageSize", 5000), ("pageOffset", 0)), [])
        created = script.create("/v1/datasets", {"name": name, "type": "Images", "creator": "USER_PIP"})
        self.assert_keys(created, {"id"})
        dataset = f"/v1/datasets/{created['id']}"
        found = script.all_pages(quoted, 5000, ("shared", False), ("exact", True))
        self.assertEqual([entry["id"] for entry in found], [created["id"]])
        self.assert_keys(found[0], DATASET_KEYS, DATASET_MORE)
        for purpose in ["INPUT", "LIGHTLY"] if script.version >= (1, 4, 14) else ["INPUT_OUTPUT"]:
            script.put(f"{dataset}/datasource", {
                "type": "LOCAL", "purpose": purpose, "fullPath": "pictures",
                "thumbSuffix": ".lightly/thumbnails/[filename]_thumb.[extension]",
                **({"webServerLocation": "http://localhost:3456"} if script.version >= (1, 4, 16) else {})})
        worker_id = script.create("/v1/docker/worker", {"name": "Default", "workerType": "FULL", "labels": ["cpu"],
                                                        "creator": "USER_PIP"})["id"]
        self.assertEqual([entry["id"] for entry in script.get("/v1/docker/worker")], [worker_id])
        path, docker, told = GENERATIONS[version]
        config = {"workerType": "FULL", "docker": docker, "lightly": {"collate": {"rrDegrees": None}},
                  "selection": {"nSamples": 2, "strategies": [{"input": {"type": "EMBEDDINGS"},
                                                               "strategy": {"type": "DIVERSITY"}}]}}
        config_id = script.create(f"/v1/docker/worker/config{path}",
                                  {"config": config, **({"version": "V4"} if path == "/vX" else {}),
                                   **({"creator": "USER_PIP"} if path else {})})["id"]
        job = script.create(f"{dataset}/docker/worker/schedule",
                            {"configId": config_id, "priority": "MID", "runsOn": ["cpu"], "creator": "USER_PIP"})["id"]
        self.assertEqual(script.request("GET", f"/v1/docker/runs/schedule/{job}").status, 404)
        scheduled = script.get(f"{dataset}/docker/worker/schedule")
        self.assertEqual([entry["id"] for entry in scheduled], [job])
        self.assert_keys(scheduled[0], JOB_KEYS, {"userId", "owner"})

        # The worker: finds it, takes it, works, reports, uploads.
        worker.put(f"/v1/docker/worker/{worker_id}", {"state": "IDLE", "dockerVersion": "0.1.0"})
        self.assert_keys(worker.get(f"/v1/docker/worker/{worker_id}"), WORKER_KEYS, {"isDefault", "dockerVersion"})
        open_jobs = worker.get(f"/v1/docker/worker/{worker_id}/schedule", ("state", "OPEN"))
        self.assertEqual([entry["id"] for entry in open_jobs], [job])
        lock = f"{dataset}/docker/worker/{worker_id}/schedule/{job}"
        worker.put(lock, {"state": "LOCKED", "priority": "MID", "runsOn": ["cpu"]})
        read = worker.get(f"/v1/docker/worker/config/vX/{config_id}")
        self.assert_keys(read, {"id", "version", "createdAt", "config"}, {"configOrig"})
        self.assertEqual((read["version"], read["config"]), (told, config))
        run = worker.create("/v1/docker/runs", {"dockerVersion": "0.1.0", "datasetId": created["id"], "scheduledId": job,
                                                "configId": config_id, "creator": "USER_WORKER"})["id"]
        worker.put(f"/v1/docker/runs/{run}", {"state": "PRETAGGING", "message": "Pretagging: 1/3", "ts": 1})
        seen = script.get(f"/v1/docker/runs/schedule/{job}")
        self.assert_keys(seen, RUN_KEYS, RUN_MORE)
        self.assertEqual((seen["state"], seen["message"]), ("PRETAGGING", "Pretagging: 1/3"))
        worker.put(f"/v1/docker/runs/{run}/logs", [{"ts": 1, "level": "INFO", "group": "run", "msg": "hello"}])
        files = ["a.png", "b c.png", "d/e.png"]
        samples = [worker.create(f"{dataset}/samples/withWriteUrls", {"fileName": file, "metaData": {"sizeInBytes": 9}})
                   for file in files]
        self.assert_keys(samples[0], {"id", "sampleWriteUrls"})
        worker.create(f"{dataset}/tags/initial", {"name": "initial-tag", "creator": "USER_WORKER", "imgType": "full",
                                                  "runId": run})
        embedding = worker.get(f"{dataset}/embeddings/writeCSVUrl", ("name", "default"))
        self.assertEqual(worker.follow("PUT", embedding["signedWriteUrl"], b"filenames,embedding_0,labels\n").status, 200)
        worker.put(f"{dataset}/embeddings/{embedding['embeddingId']}/isProcessed", {"rowCount": 3})
        worker.create(f"{dataset}/predictions/tasks",
                      {"name": "lightly_pretagging", "type": "OBJECT_DETECTION", "categories": [{"id": 0, "name": "car"}]},
                      ("predictionUUIDTimestamp", 1700000000000))
        worker.create(f"{dataset}/predictions/samples/{samples[0]['id']}",
                      [{"type": "OBJECT_DETECTION", "taskName": "lightly_pretagging", "categoryId": 0, "score": 0.5,
                        "bbox": [1, 2, 3, 4]}], ("predictionUUIDTimestamp", 1700000000000))
        report = os.urandom(200_000)
        for kind, file, content in [("REPORT_PDF", "report.pdf", report), ("LOG", "log.txt", b""),
                                    ("REPORT_V2_JSON", "report_v2.json", b"{}")]:
            artifact = worker.create(f"/v1/docker/runs/{run}/artifacts", {"fileName": file, "type": kind})
            self.assert_keys(artifact, {"signedWriteUrl", "artifactId"})
            self.assertEqual(worker.follow("PUT", artifact["signedWriteUrl"], content).status, 200)
            worker.put(f"/v1/docker/runs/{run}/artifacts/{artifact['artifactId']}/confirmUpload")
        worker.put(f"/v1/docker/runs/{run}", {"state": "COMPLETED", "message": "done"})
        worker.put(lock, {"state": "DONE"})
        worker.put(f"/v1/docker/worker/{worker_id}", {"state": "IDLE"})

        # The script again: what came of it.
        self.assertEqual(script.get(f"{dataset}/docker/worker/schedule"), [])
        done = script.get(f"/v1/docker/runs/{run}")
        self.assertEqual(done["state"], "COMPLETED")
        kinds = {entry["type"]: entry for entry in done["artifacts"]}
        self.assertEqual("REPORT_V2_JSON" in kinds, not (1, 4, 8) <= script.version <= (1, 4, 20))
        self.assert_keys(kinds["REPORT_PDF"], {"id", "type", "fileName"}, {"storageLocation", "createdAt"})
        for kind, content in [("REPORT_PDF", report), ("LOG", b"")]:
            link = script.get(f"/v1/docker/runs/{run}/artifacts/{kinds[kind]['id']}/readurl")
            fetched = script.follow("GET", link)
            self.assertEqual((fetched.status, fetched.bytes), (200, content))
            self.assertIsNone(fetched.headers.get("Content-Encoding"))
        tags = script.get(f"{dataset}/tags")
        self.assert_keys(tags[0], TAG_KEYS, TAG_MORE)
        self.assertEqual([entry["id"] for entry in script.get(f"/v1/docker/runs/{run}/tags")], [tags[0]["id"]])
        names = script.all_pages(f"{dataset}/mappings", 25000, ("field", "fileName"))
        self.assertEqual(names, files)
        part = script.create(f"{dataset}/tags", {"name": "chosen ones", "prevTagId": tags[0]["id"], "bitMaskData": "0x5",
                                                 "totSize": 3, "creator": "USER_PIP"})["id"]
        both = script.request("POST", f"{dataset}/tags/arithmetics/bitmask", (),
                              {"tagId1": tags[0]["id"], "tagId2": part, "operation": "DIFFERENCE"})
        self.assertEqual((both.status, both.json), (200, {"bitMaskData": "0x2"}))
        export = f"{dataset}/tags/{part}/export"
        self.assertEqual(script.get(f"{export}/basic/filenames", ("pageSize", 5000), ("pageOffset", 0)), "a.png\nd/e.png")
        self.assertEqual(script.get(f"{export}/basic/filenames", ("pageSize", 5000), ("pageOffset", 5000)), "")
        self.assertEqual([entry["data"]["lightlyFileName"] for entry in script.all_pages(f"{export}/LabelStudio/tasks", 2500)],
                         ["a.png", "d/e.png"])
        embeddings = script.get(f"{dataset}/embeddings")
        self.assert_keys(embeddings[0], {"id", "name", "isProcessed", "createdAt"}, {"is2d"})
        link = script.get(f"{dataset}/embeddings/{embeddings[0]['id']}/readCSVUrl")
        self.assertTrue(script.follow("GET", link).bytes.startswith(b"filenames,"))
        script.delete(f"{dataset}/tags/{part}")
        script.delete(dataset)
        self.assertEqual(script.request("GET", dataset).status, 404)

    def test_a_whole_job_in_the_shapes_of_each_generation(self):
        self.start()
        for version in GENERATIONS:
            with self.subTest(version):
                self.play_generation(version)

    def test_of_twenty_workers_that_race_exactly_one_gets_the_job(self):
        self.start()
        client = self.client()
        dataset = client.create("/v1/datasets", {"name": "race", "type": "Images"})["id"]
        workers = [client.create("/v1/docker/worker", {"name": f"worker {i}", "workerType": "FULL"})["id"] for i in range(20)]
        config = client.create("/v1/docker/worker/config/vX", {"version": "V4", "config": {"workerType": "FULL"}})["id"]
        for _ in range(3):
            job = client.create(f"/v1/datasets/{dataset}/docker/worker/schedule", {"configId": config})["id"]
            paths = [f"/v1/datasets/{dataset}/docker/worker/{worker}/schedule/{job}" for worker in workers]
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda path: client.request("PUT", path, (), {"state": "LOCKED"}), paths))
            self.assertEqual(sorted(answer.status for answer in answers), [204] + 19 * [400])
            codes = {answer.json["code"] for answer in answers if answer.status == 400}
            self.assertEqual(codes, {"DOCKER_WORKER_SCHEDULE_UPDATE_FAILED"})

    def test_survives_being_killed_and_keeps_what_was_confirmed(self):
        self.start()
        dataset = self.client().create("/v1/datasets", {"name": "kept", "type": "Images"})["id"]
        artifact_owner = self.client().create("/v1/docker/runs", {"dockerVersion": "1", "datasetId": dataset})["id"]
        artifact = self.client().create(f"/v1/docker/runs/{artifact_owner}/artifacts", {"fileName": "log.txt", "type": "LOG"})
        # Half of an upload, when the server dies.
        target = urllib.parse.urlsplit(artifact["signedWriteUrl"])
        upload = socket.create_connection(("127.0.0.1", self.port))
        self.addCleanup(upload.close)
        upload.sendall(f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
        time.sleep(0.3)
        self.stop(signal.SIGKILL)
        self.start()
        client = self.client()
        self.assertEqual(client.get(f"/v1/datasets/{dataset}")["name"], "kept")
        confirm = f"/v1/docker/runs/{artifact_owner}/artifacts/{artifact['artifactId']}/confirmUpload"
        self.assertEqual(client.request("PUT", confirm).json["code"], "DOCKER_RUN_ARTIFACT_UNAVAILABLE")
        self.assertEqual(client.get(f"/v1/docker/runs/{artifact_owner}")["artifacts"], [])


if __name__ == "__main__":
    support.main()
