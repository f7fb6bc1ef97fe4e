#!/usr/bin/env python3
"""The web pages of pretag serve in a real browser, on a server that was filled through its API as scripts and workers fill
it: signing in, runs as they go on, files of a run, a dataset's images with boxes, filters, keyboard, light and dark; and the crops
that were cut out of some images, from them and back."""

import functools
import http.server
import json
import shutil
import struct
import subprocess
import threading
import zlib
from pathlib import Path

import support

BROWSER_TESTS = Path(__file__).resolve().parents[1] / "browser"
CUT = 30  # the first images, of which all objects are crops
IMAGES, UPLOADED = 130, 5  # three pages; the first few are on the server, the others with the data source
CATEGORIES = {0: "person", 2: "car", 7: "<i>truck</i>"}
TIME = ("predictionUUIDTimestamp", 1700000000000)
EARLIER = ("predictionUUIDTimestamp", 1690000000000)  # of the run that the crops of every third image are of
EVIL = "<img src=x onerror=alert(1)>"


def png(width, height, seed):
    """A picture of soft stripes."""
    rows = []
    for y in range(height):
        row = b"".join(bytes((60 + (x * 90 // width), 90 + (y * 80 // height), 110 + (seed * 37 % 90))) for x in range(width))
        rows.append(b"\0" + row)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def objects_of(index):
    """Every image has a person but each tenth; each third a car; each fiftieth a truck. Scores go from 0.05 to 1."""
    score = 0.05 + (index * 7 % 20) * 0.05
    found = [] if index % 10 == 9 else [(0, score, [10, 20, 40, 60])]
    found += [(2, 1.05 - score, [60, 30, 80, 50]), (2, 0.5, [20, 80, 30, 20])] if index % 3 == 0 else []
    return found + ([(7, 0.9, [5, 5, 100, 90])] if index % 50 == 0 else [])


class WebPages(support.ServerTest):
    def serve_pictures(self):
        folder = self.folder / "mount"
        folder.mkdir()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietFiles, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return folder, f"http://127.0.0.1:{server.server_port}"

    def names(self):
        return [f"day {index // 50}/{index:04}.png" for index in range(IMAGES - 1)] + [f"{EVIL}.png"]

    def cut_out(self, client, folder, crops, sample, index, time):
        """The crops of an image, with their pictures where workers leave them; their ids."""
        ids = []
        for number, (category, score, (_, _, width, height)) in enumerate(objects_of(index)):
            name = f"{index:04}_{number}.png"
            (folder / ".lightly/crops" / crops).mkdir(parents=True, exist_ok=True)
            (folder / ".lightly/crops" / crops / name).write_bytes(png(width, height, index))
            crop = {"parentId": sample, "predictionUUIDTimestamp": time[1], "predictionIndex": number,
                    "predictionTaskName": "lightly_pretagging", "predictionTaskCategoryId": category,
                    "predictionTaskScore": score}
            ids.append(client.create(f"/v1/datasets/{crops}/samples/withWriteUrls", {"fileName": name, "cropData": crop})["id"])
        return ids

    def fill_dataset(self, client):
        folder, location = self.serve_pictures()
        dataset_id = client.create("/v1/datasets", {"name": "street scenes", "type": "Images"})["id"]
        dataset = f"/v1/datasets/{dataset_id}"
        client.put(f"{dataset}/datasource", {"type": "LOCAL", "purpose": "INPUT_OUTPUT", "fullPath": "",
                                             "webServerLocation": location})
        crops = client.create("/v1/datasets", {"name": "cut-outs", "type": "Crops", "parentDatasetId": dataset_id})["id"]
        for time in (EARLIER, TIME):
            client.create(f"{dataset}/predictions/tasks",
                          {"name": "lightly_pretagging", "type": "OBJECT_DETECTION",
                           "categories": [{"id": key, "name": name} for key, name in CATEGORIES.items()]}, time)
        for index, name in enumerate(self.names()):
            sample = client.create(f"{dataset}/samples/withWriteUrls", {"fileName": name})
            size = (160, 120) if index % 4 else (120, 160)
            content = png(*size, index)
            if index < UPLOADED:
                client.follow("PUT", sample["sampleWriteUrls"]["full"], content)
            else:
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(content)
            found = [{"type": "OBJECT_DETECTION", "taskName": "lightly_pretagging", "categoryId": category,
                      "score": score, "bbox": box} for category, score, box in objects_of(index)]
            client.create(f"{dataset}/predictions/samples/{sample['id']}", found, TIME)
            if index < CUT:
                time = EARLIER if index % 3 == 1 else TIME
                for entry, crop in zip(found, self.cut_out(client, folder, crops, sample["id"], index, time), strict=True):
                    entry.update(cropDatasetId=crops, cropSampleId=crop)
                client.create(f"{dataset}/predictions/samples/{sample['id']}", found, time)
        client.create(f"/v1/datasets/{crops}/tags/initial", {"name": "initial-tag"})
        first = client.create(f"{dataset}/tags/initial", {"name": "initial-tag"})["id"]
        mask = sum(1 << index for index in range(0, IMAGES, 2))
        client.create(f"{dataset}/tags", {"name": "to label", "prevTagId": first, "bitMaskData": hex(mask),
                                          "totSize": IMAGES})
        return dataset_id, crops

    def fill_runs(self, client, dataset):
        worker = client.create("/v1/docker/worker", {"name": "gpu 1", "workerType": "FULL", "labels": ["gpu"]})["id"]
        client.create("/v1/docker/worker", {"name": "asleep", "workerType": "FULL"})
        client.put(f"/v1/docker/worker/{worker}", {"state": "BUSY", "dockerVersion": "0.1.0"})
        done = client.create("/v1/docker/runs", {"dockerVersion": "0.1.0", "datasetId": dataset})["id"]
        for second, state in enumerate(["INITIALIZING", "PRETAGGING", "SAMPLING"]):
            client.put(f"/v1/docker/runs/{done}", {"state": state, "message": f"{state}: 1/2"})
            client.put(f"/v1/docker/runs/{done}/logs",
                       [{"ts": 1700000000000 + 1000 * second, "level": "INFO", "group": "run", "msg": f"Now {state} {EVIL}"}])
        client.put(f"/v1/docker/runs/{done}/logs",
                   [{"ts": 1700000009000, "level": "WARNING", "group": "run", "msg": "2 images are damaged"}])
        pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
        for kind, file, content in [("REPORT_PDF", "report.pdf", pdf), ("LOG", "log.txt", b"all of <b>it</b>\n"),
                                    ("REPORT_JSON", "report.json", b"{}")]:
            artifact = client.create(f"/v1/docker/runs/{done}/artifacts", {"fileName": file, "type": kind})
            client.follow("PUT", artifact["signedWriteUrl"], content)
            client.put(f"/v1/docker/runs/{done}/artifacts/{artifact['artifactId']}/confirmUpload")
        client.put(f"/v1/docker/runs/{done}", {"state": "COMPLETED", "message": EVIL})
        live = client.create("/v1/docker/runs", {"dockerVersion": "0.1.0", "datasetId": dataset})["id"]
        client.put(f"/v1/docker/runs/{live}", {"state": "PRETAGGING", "message": "Pretagging: 30/130 images"})
        return worker, done, live

    def fill_foreign_runs(self, client):
        """Runs on a dataset that ben shares with anna, and on one that is deleted by now."""
        ben = self.client(token=self.new_token("ben"))
        shared = ben.create("/v1/datasets", {"name": "scenes of ben", "type": "Images"})["id"]
        ben.create(f"/v1/datasets/{shared}/collaboration/access", {"accessType": "WRITE", "users": ["anna"]})
        deleted = client.create("/v1/datasets", {"name": "gone", "type": "Images"})["id"]
        config = client.create("/v1/docker/worker/config/v3", {"config": {"workerType": "FULL"}})["id"]
        runs = {}
        for name, dataset in [("shared", shared), ("deleted", deleted)]:
            job = client.create(f"/v1/datasets/{dataset}/docker/worker/schedule", {"configId": config})["id"]
            runs[name] = client.create("/v1/docker/runs", {"dockerVersion": "0.1.0", "scheduledId": job})["id"]
            client.put(f"/v1/docker/runs/{runs[name]}", {"state": "COMPLETED"})
        client.delete(f"/v1/datasets/{deleted}")
        return runs

    def expected_images(self):
        """How many images each filter leaves."""
        def matching(wanted, least=0.0, chosen=lambda index: True):
            return sum(any(wanted in (None, category) and round(score, 6) >= least for category, score, _ in objects_of(index))
                       and chosen(index) for index in range(IMAGES))
        return {"all": IMAGES, "selected": len(range(0, IMAGES, 2)), "person": matching(0), "car": matching(2),
                "truck": matching(7), "car_selected": matching(2, chosen=lambda index: index % 2 == 0),
                "car_others": matching(2, chosen=lambda index: index % 2 == 1), "car_over_80": matching(2, 0.8),
                "any_over_95": matching(None, 0.95), "uploaded": UPLOADED}

    def expected_crops(self):
        found = [entry for index in range(CUT) for entry in objects_of(index)]
        return {"all": len(found), "car": sum(category == 2 for category, _, _ in found),
                "car_over_80": sum(category == 2 and round(score, 6) >= 0.8 for category, score, _ in found),
                "earlier": f"{EARLIER[1]}/lightly_pretagging",
                "boxes_of_first": [box for _, _, box in objects_of(0)], "image_of_first": self.names()[0]}

    def test_pages_show_what_the_server_has(self):
        self.assertTrue(shutil.which("node") and (BROWSER_TESTS / "node_modules/playwright-core").is_dir(),
                        "node or playwright-core is missing; scripts/install-dependencies --test installs them")
        self.start()
        client = self.client()
        dataset, crops = self.fill_dataset(client)
        foreign = self.fill_foreign_runs(client)
        worker, done, live = self.fill_runs(client, dataset)
        facts = {"server": f"http://127.0.0.1:{self.port}", "token": self.token, "dataset": dataset, "worker": worker,
                 "done": done, "live": live, "foreign": foreign, "images": self.expected_images(), "evil": EVIL,
                 "crops": {"dataset": crops, **self.expected_crops()},
                 "names": self.names(),
                 "categories": {name: category for category, name in CATEGORIES.items()}}
        (self.folder / "facts.json").write_text(json.dumps(facts))
        checked = subprocess.run(["node", BROWSER_TESTS / "check_web.mjs", self.folder / "facts.json"], capture_output=True,
                                 text=True, timeout=support.PATIENCE)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        # No page has put the token where it would be logged.
        self.assertNotIn(self.token, self.log.read_text())


if __name__ == "__main__":
    support.main()
