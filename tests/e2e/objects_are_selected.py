#!/usr/bin/env python3
"""object_level.task_name selects objects, the images with them, and cuts the objects out."""

import json

import support

TASK = "lightly_pretagging"
OBJECTS = f"object_level.task_name={TASK}"


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


class ObjectsAreSelected(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.images("images", "small", 10)

    def run_with(self, *settings, **kwargs):
        return self.run_pretag("run", "images", "-o", "run", "score_threshold=0.3", *settings, **kwargs)

    def selection(self):
        return json.loads((self.folder / "run/data/selection.json").read_text(encoding="utf-8"))

    def found(self):
        return {item["filename"]: item for item in support.dump_of(self.folder / "run")}

    def check_objects(self, count):
        """What was selected is in the dump, once, and every file of the run folder says the same."""
        selection, found = self.selection(), self.found()
        objects = selection["objects"]["selected"]
        self.assertEqual(len(objects), count)
        self.assertEqual(len({(item["filename"], item["index"]) for item in objects}), count)
        for item in objects:
            dumped = found[item["filename"]]
            self.assertEqual(dumped["labels"][item["index"]], item["label"])
            self.assertAlmostEqual(dumped["scores"][item["index"]], item["score"], places=5)
            sides = [item["width"], item["height"]] * 2
            for pixel, side, relative in zip(item["box"], sides, dumped["boxes"][item["index"]]):
                self.assertAlmostEqual(pixel / side, relative, places=4)
        images = list(dict.fromkeys(item["filename"] for item in objects))
        self.assertEqual(lines(self.folder / "run/filenames/sampled_filenames.txt"), images)
        crops = [item["crop"] for item in objects]
        self.assertEqual(lines(self.folder / "run/filenames/sampled_crops.txt"), crops)
        report = json.loads((self.folder / "run/report.json").read_text())
        self.assertEqual(report["selection"]["objects"]["selected"], count)
        self.assertEqual(report["selection"]["objects"]["inputs"], sum(len(item["labels"]) for item in found.values()))
        self.assertEqual(report["statistics"]["selected"]["images"], len(images))
        for entry in selection["objects"]["classes"]:
            self.assertEqual(entry["selected"], sum(item["label"] == entry["name"] for item in objects))
            self.assertEqual(entry["inputs"], sum(item["labels"].count(entry["name"]) for item in found.values()))
        return objects

    def test_a_run_selects_objects_and_cuts_them_out(self):
        done = self.run_with(OBJECTS, "selection.n_samples=7", "dump_dataset=True", "object_level.padding=0.5")
        self.assertIn("Selected 7 objects in ", done.stderr)
        objects = self.check_objects(7)
        distances = [item["reasons"][0]["value"] for item in objects]
        self.assertIsNone(distances[0])
        self.assertEqual(distances[1:], sorted(distances[1:], reverse=True))
        for item in objects:
            width, height = support.png_size(self.folder / "run/data/crops" / item["crop"])
            x1, y1, x2, y2 = item["box"]
            self.assertLessEqual(width, 1.5 * (x2 - x1) + 2)
            self.assertLessEqual(height, 1.5 * (y2 - y1) + 2)
            self.assertGreaterEqual(width, min(x2 - x1, item["width"]) - 1)
        rows = lines(self.folder / "run/data/selected_crop_embeddings.csv")
        self.assertEqual(sorted(row.split(",")[0] for row in rows[1:]), sorted(item["crop"] for item in objects))
        page = (self.folder / "run/report.html").read_text(encoding="utf-8")
        self.assertEqual(page.count('<figure class="crop"'), 7)
        self.assertTrue((self.folder / "run/plots/selected_objects_histogram.svg").exists())

    def test_selecting_again_goes_from_images_to_objects_and_back(self):
        self.run_with("selection.n_samples=3")
        self.assertNotIn("objects", self.selection())
        done = self.run_pretag("select", "run", OBJECTS, "selection.n_samples=5", "dump_dataset=True")
        self.assertIn("Selected 5 of ", done.stdout)
        first = self.check_objects(5)
        self.assertEqual(len(list((self.folder / "run/data/crops").rglob("*.png"))), 5)
        for threads in (1, 3):
            self.run_pretag("select", "run", OBJECTS, "selection.n_samples=5", f"num_threads={threads}")
            self.assertEqual(self.check_objects(5), first)
        self.assertFalse((self.folder / "run/data/crops").exists())
        self.run_pretag("select", "run", "selection.n_samples=3")
        self.assertNotIn("objects", self.selection())
        for gone in ("filenames/sampled_crops.txt", "data/selected_crop_embeddings.csv", "plots/selected_objects_histogram.svg"):
            self.assertFalse((self.folder / "run" / gone).exists(), gone)

    def test_one_class_alone_and_everything_there_is(self):
        self.run_with(OBJECTS, "selection.n_samples=100000")
        everything = self.check_objects(sum(len(item["labels"]) for item in self.found().values()))
        label = max({item["label"] for item in everything}, key=lambda name: [i["label"] for i in everything].count(name))
        only = [{"input": {"type": "PREDICTIONS", "task": TASK, "name": "CATEGORY_COUNT", "categories": [label]},
                 "strategy": {"type": "THRESHOLD", "threshold": 1, "operation": "BIGGER_EQUAL"}},
                {"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]
        self.run_pretag("select", "run", OBJECTS, "selection.n_samples=4", f"selection.strategies={json.dumps(only)}")
        self.assertEqual({item["label"] for item in self.check_objects(4)}, {label})

    def test_what_cannot_be_is_said_before_the_images_are_looked_at(self):
        for settings, message in (
                ([OBJECTS], "object_level.task_name is given, but not how many to select"),
                ([OBJECTS, "selection.n_samples=4", "selected_sequence_length=2"], "selected_sequence_length is about images"),
                (["object_level.task_name=cars", "selection.n_samples=4"], "there is no prediction task 'cars'"),
                ([OBJECTS, "selection.n_samples=4", "pretagging=False"], "needs pretagging=True"),
                ([OBJECTS, "selection.n_samples=4", "object_level.padding=-2"], "object_level.padding")):
            done = self.run_with(*settings, code=support.USAGE)
            self.assertIn(message, done.stderr)
            self.assertFalse((self.folder / "run/data").exists())


if __name__ == "__main__":
    support.main()
