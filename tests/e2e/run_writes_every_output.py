#!/usr/bin/env python3
"""A run writes every output, each in its documented form, and all of them say the same."""

import json
import math
import re
from collections import Counter

import support

PHOTOS = ["a.b.webp", "a/b/d.bmp", "a/c.jpg", "b.png", "z.tif"]  # '.' comes before '/': the order of bytes


class RunWritesEveryOutput(support.EndToEndTest):
    def test_outputs_are_complete_and_agree(self):
        images = self.images("photos", "photos")
        (images / "notes.txt").write_text("not an image by its name, so not an input")
        (images / "broken.png").write_bytes(b"")
        done = self.run_pretag("run", "photos", "--output", "run", "pretagging=True", "pretagging_debug=True",
                               "score_threshold=0.2", code=support.SOME_FAILED)
        self.results = self.folder / "run"
        self.assertEqual(done.stdout, "")
        self.assertIn("Report: run/report.html", done.stderr)
        self.assertIn("1 of 6 files could not be used", done.stderr)
        for check in (self.check_dump, self.check_lightly_predictions, self.check_embeddings, self.check_file_lists,
                      self.check_report_json, self.check_report_html, self.check_pictures, self.check_config_and_log):
            with self.subTest(check.__name__):
                check()
        self.assert_no_leftovers(self.results)

    def check_dump(self):
        dump = support.dump_of(self.results)
        self.assertEqual([entry["filename"] for entry in dump], PHOTOS)
        for entry in dump:
            self.assertEqual(list(entry), ["filename", "boxes", "labels", "scores"])
            self.assertEqual(len(entry["boxes"]), len(entry["labels"]))
            self.assertEqual(len(entry["boxes"]), len(entry["scores"]))
            self.assertLessEqual(len(entry["boxes"]), 100)
            self.assertEqual(entry["scores"], sorted(entry["scores"], reverse=True))
            self.assertTrue(all(0.2 <= score <= 1 for score in entry["scores"]))
            self.assertLessEqual(set(entry["labels"]), set(support.CLASSES))
            for x1, y1, x2, y2 in entry["boxes"]:
                self.assertTrue(0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1, (x1, y1, x2, y2))
        self.assertGreater(sum(len(entry["boxes"]) for entry in dump), 0)

    def check_lightly_predictions(self):
        predictions = self.results / "data/.lightly/predictions"
        self.assertEqual(json.loads((predictions / "tasks.json").read_text()), ["lightly_pretagging"])
        task = predictions / "lightly_pretagging"
        schema = json.loads((task / "schema.json").read_text())
        self.assertEqual(schema["task_type"], "object-detection")
        self.assertEqual(schema["categories"], [{"id": i, "name": name} for i, name in enumerate(support.CLASSES)])
        files = sorted(str(path.relative_to(task)) for path in task.rglob("*.json"))
        self.assertEqual(files, ["a.b.json", "a/b/d.json", "a/c.json", "b.json", "schema.json", "z.json"])
        sizes = {"a.b.webp": (200, 300), "a/b/d.bmp": (240, 120), "a/c.jpg": (300, 200), "b.png": (320, 180),
                 "z.tif": (160, 120)}
        for entry in support.dump_of(self.results):
            name = entry["filename"]
            content = json.loads((task / name).with_suffix(".json").read_text())
            self.assertEqual(content["file_name"], name)
            found = content["predictions"]
            self.assertEqual([support.CLASSES[p["category_id"]] for p in found], entry["labels"])
            self.assertEqual([p["score"] for p in found], entry["scores"])
            for prediction, (x1, y1, x2, y2) in zip(found, entry["boxes"]):
                width, height = sizes[name]
                expected = [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height]
                for value, wanted in zip(prediction["bbox"], expected):
                    self.assertAlmostEqual(value, wanted, delta=0.011)
                self.assertEqual(len(prediction["probabilities"]), len(support.CLASSES))
                self.assertAlmostEqual(sum(prediction["probabilities"]), 1, delta=1e-3)

    def check_embeddings(self):
        header, rows = support.embeddings_of(self.results)
        self.assertEqual(header, ["filenames", *(f"embedding_{i}" for i in range(128)), "labels"])
        self.assertEqual([row[0] for row in rows], PHOTOS)
        for row in rows:
            self.assertEqual(len(row), 130)
            self.assertEqual(row[-1], "0")
            self.assertAlmostEqual(math.sqrt(sum(float(value) ** 2 for value in row[1:-1])), 1, delta=1e-5)
        self.assertEqual(len({tuple(row[1:]) for row in rows}), len(rows), "different pictures look the same")

    def check_file_lists(self):
        self.assertEqual((self.results / "filenames/corrupt_filenames.txt").read_text(), "broken.png\n")
        self.assertEqual(support.reasons_of(self.results), {"broken.png": "file is empty"})

    def check_report_json(self):
        report = json.loads((self.results / "report.json").read_text())
        dump = support.dump_of(self.results)
        self.assertEqual(report["schema_version"], 1)
        self.assertEqual(report["images"], {"input": 6, "processed": 5, "corrupt": 1})
        self.assertEqual(report["failures"]["listed"], [{"filename": "broken.png", "reason": "file is empty"}])
        statistics = report["statistics"]["all"]
        labels = Counter(label for entry in dump for label in entry["labels"])
        objects = sum(labels.values())
        self.assertEqual(statistics["images"], len(dump))
        self.assertEqual(statistics["objects"], objects)
        self.assertEqual(statistics["images_without_objects"], sum(not entry["boxes"] for entry in dump))
        self.assertAlmostEqual(statistics["mean_objects_per_image"], objects / len(dump))
        histogram = Counter(min(len(entry["boxes"]), 100) for entry in dump)
        self.assertEqual(statistics["objects_per_image_histogram"], [histogram[k] for k in range(101)])
        self.assertEqual([entry["name"] for entry in statistics["classes"]], support.CLASSES)
        for entry in statistics["classes"]:
            name = entry["name"]
            self.assertEqual(entry["objects"], labels[name])
            self.assertEqual(entry["images"], sum(name in image["labels"] for image in dump))
            self.assertEqual(sum(entry["box_sizes"].values()), labels[name])
            self.assertEqual(sum(entry["relative_area_histogram"]["counts"]), labels[name])
            scores = [s for image in dump for s, label in zip(image["scores"], image["labels"]) if label == name]
            if scores:
                self.assertAlmostEqual(entry["mean_score"], sum(scores) / len(scores), delta=1e-5)
            else:
                self.assertIsNone(entry["mean_score"])
        self.assertEqual(report["job"]["config"]["score_threshold"], "0.2")
        self.assertRegex(report["model"]["sha256"], "^[0-9a-f]{64}$")

    def check_report_html(self):
        page = (self.results / "report.html").read_text(encoding="utf-8")
        self.assertTrue(page.lower().startswith("<!doctype html>"))
        objects = sum(len(entry["boxes"]) for entry in support.dump_of(self.results))
        for expected in (f"{objects}", "broken.png", *support.CLASSES):
            self.assertIn(expected, page)
        self.assertIsNone(re.search(r"""(src|href)=["']?https?:""", page), "the page needs the network")

    def check_pictures(self):
        plots = {path.name for path in (self.results / "plots").iterdir()}
        for name in ("pretagging_histogram", "objects_per_image"):
            self.assertLessEqual({f"{name}.svg", f"{name}.png"}, plots)
        for path in (self.results / "plots").iterdir():
            magic = b"\x89PNG" if path.suffix == ".png" else b"<"
            self.assertTrue(path.read_bytes().startswith(magic), path)
        report = json.loads((self.results / "report.json").read_text())
        self.assertEqual({image["filename"] for image in report["debug_images"]}, set(PHOTOS))
        for image in report["debug_images"]:
            self.assertTrue((self.results / image["file"]).read_bytes().startswith(b"\xff\xd8\xff"), image["file"])

    def check_config_and_log(self):
        self.assertIn("score_threshold: 0.2\n", (self.results / "config/config.yaml").read_text())
        log = (self.results / "log.txt").read_text()
        self.assertIn("Pretagging: 5 done, 1 failed", log)
        for line in log.splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (info|warning) ")

    def test_the_written_configuration_gives_the_same_run(self):
        self.images("photos", "photos")
        model = self.quick_model()
        self.run_pretag("run", "photos", "-o", "first", "score_threshold=0.3", "max_detections=7", model=model)
        self.run_pretag("run", "photos", "-o", "second", "-c", "first/config/config.yaml", model=model)
        self.assertEqual(support.result_files(self.folder / "first"), support.result_files(self.folder / "second"))
        self.assertLessEqual(max(len(e["boxes"]) for e in support.dump_of(self.folder / "second")), 7)

    def test_without_pretagging_images_are_only_checked(self):
        self.images("photos", "photos")
        self.run_pretag("run", "photos", "-o", "run", "pretagging=False")
        run = self.folder / "run"
        self.assertFalse((run / "data").exists())
        report = json.loads((run / "report.json").read_text())
        self.assertEqual(report["images"], {"input": 5, "processed": 5, "corrupt": 0})
        self.assertIsNotNone(report["statistics"]["all"]["image_quality"]["sharpness"])


if __name__ == "__main__":
    support.main()
