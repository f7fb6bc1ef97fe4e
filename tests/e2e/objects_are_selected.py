#!/usr/bin/env python3
"""object_level.task_name selects objects, the images with them, and cuts the objects out."""

import json
import shutil

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
        return self.run_pretag("run", "images", "-o", "run", "score_threshold=0.1", *settings, **kwargs)

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

    def write_predictions(self, boxes_of):
        """The task "mine": boxes (x, y, width, height) of each image, by the stem of its name."""
        folder = self.folder / "images/.lightly/predictions"
        (folder / "mine").mkdir(parents=True, exist_ok=True)
        (folder / "tasks.json").write_text('["mine"]')
        (folder / "mine/schema.json").write_text(json.dumps(
            {"task_type": "object-detection", "categories": [{"id": 7, "name": "thing"}, {"id": 8, "name": "stuff"}]}))
        for stem, boxes in boxes_of.items():
            objects = [{"category_id": 7 + i % 2, "bbox": box, "score": 0.9} for i, box in enumerate(boxes)]
            (folder / f"mine/{stem}.json").write_text(json.dumps({"file_name": f"{stem}.jpg", "predictions": objects}))

    def test_predictions_of_ones_own_have_embeddings(self):
        boxes = {f"{i:05}": [[5 + 9 * i, 7, 40, 30], [20, 5 + 5 * i, 60, 45], [5, 5, 12, 12]] for i in range(8)}
        self.write_predictions(boxes)
        mine = ["object_level.task_name=mine", "selection.n_samples=6"]
        self.run_with(*mine, "dump_dataset=True", "pretagging=False")
        first = self.selection()["objects"]
        self.assertEqual([entry["inputs"] for entry in first["classes"]], [16, 8])
        for item in first["selected"]:
            x, y, width, height = boxes[item["filename"][:5]][item["index"]]
            self.assertEqual(item["box"], [x, y, x + width, y + height])
            inside = (min(width, item["width"] - x), min(height, item["height"] - y))
            self.assertEqual(support.png_size(self.folder / "run/data/crops" / item["crop"]), inside)
        self.assertEqual(len(lines(self.folder / "run/data/selected_crop_embeddings.csv")), 7)
        # Images that a command without the task adds are looked at with it, too.
        for i in range(8, 10):
            (self.folder / f"images/{i:05}.jpg").rename(self.folder / f"{i:05}.jpg")
        shutil.rmtree(self.folder / "run")
        self.run_with(*mine, "pretagging=False")
        self.write_predictions({f"{i:05}": [[5, 5, 50, 40]] for i in range(8, 10)})
        for i in range(8, 10):
            (self.folder / f"{i:05}.jpg").rename(self.folder / f"images/{i:05}.jpg")
        self.run_with("selection.n_samples=2", "pretagging=False")
        done = self.run_pretag("select", "run", "object_level.task_name=mine", "selection.n_samples=100")
        self.assertNotIn("no embedding", done.stderr)
        self.assertEqual(len(self.selection()["objects"]["selected"]), 26)
        self.run_pretag("select", "run", *mine)
        first = self.selection()["objects"]
        # The same again, from what the run knows, and another box by another box.
        self.run_pretag("select", "run", *mine)
        self.assertEqual(self.selection()["objects"], first)
        self.write_predictions({"00000": [[5, 7, 41, 30]]})
        done = self.run_pretag("select", "run", "object_level.task_name=mine", "selection.n_samples=100")
        self.assertIn("1 object has no embedding", done.stderr)
        self.assertEqual(len(self.selection()["objects"]["selected"]), 23)
        # Images by their objects; and a run that was not told of them cannot.
        by_objects = [{"input": {"type": "EMBEDDINGS", "task": "mine"}, "strategy": {"type": "DIVERSITY"}}]
        strategies = f"selection.strategies={json.dumps(by_objects)}"
        self.run_pretag("select", "run", "selection.n_samples=3", strategies)
        self.assertEqual(len(self.selection()["selected"]), 3)
        self.run_pretag("run", "images", "-o", "other")
        done = self.run_pretag("select", "other", "selection.n_samples=3", strategies, code=support.USAGE)
        self.assertIn("the objects of the task 'mine' have no embeddings in this run", done.stderr)
        done = self.run_pretag("run", "images", "-o", "other", "selection.n_samples=3", strategies, code=support.USAGE)
        self.assertIn("looked at without the boxes of the task 'mine'", done.stderr)

    def test_a_pool_of_objects_grows(self):
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        pool = self.folder / "shared/pretag/datapool/p"
        settings = [OBJECTS, "selection.n_samples=4", "datapool.name=p", "score_threshold=0.1"]
        seen = []
        for i in range(3):
            self.run_pretag("run", "images", "-o", "run", *settings, env=shared)
            objects = self.selection()["objects"]
            self.assertEqual(objects["preselected"], len(seen))
            seen += [item["crop"] for item in objects["selected"]]
            pooled = [row.split(",")[0] for row in lines(pool / f"objects/{TASK}/datapool_latest.csv")[1:]]
            self.assertEqual(sorted(pooled), sorted(seen))
            if i == 0:  # the same folder again selects the same, and adds nothing
                self.run_pretag("run", "images", "-o", "run", *settings, env=shared)
                self.assertEqual(self.selection()["objects"], objects)
            shutil.rmtree(self.folder / "run")
        self.assertEqual(len(set(seen)), 12)
        # Images of the pool are another matter.
        self.run_pretag("run", "images", "-o", "run", "selection.n_samples=2", "datapool.name=p", env=shared)
        self.assertEqual(len(lines(pool / "datapool_latest.csv")), 3)

    def test_what_is_wrong_with_predictions_ends_the_run_which_goes_on_when_it_is_mended(self):
        self.write_predictions({f"{i:05}": [[5, 7, 40, 30]] for i in range(10)})
        bad = self.folder / "images/.lightly/predictions/mine/00004.json"
        good = bad.read_text()
        bad.write_text(good.replace("40", "-40"))
        settings = ["object_level.task_name=mine", "selection.n_samples=4"]
        done = self.run_with(*settings, code=support.ERROR)
        self.assertIn("mine/00004.json", done.stderr)
        self.assertIn("bbox", done.stderr)
        bad.write_text(good)
        self.run_with(*settings)
        self.assertEqual(len(self.selection()["objects"]["selected"]), 4)

    def test_shards_know_the_same(self):
        self.write_predictions({f"{i:05}": [[5 + 9 * i, 7, 40, 30], [20, 9, 60, 45]] for i in range(10)})
        settings = ["object_level.task_name=mine", "selection.n_samples=5"]
        self.run_with(*settings)
        whole = self.selection()["objects"]
        for shard in ("1/2", "2/2"):
            self.run_pretag("run", "images", "-o", "shards", "--shard", shard, "score_threshold=0.1", *settings)
        self.run_pretag("merge", "shards")
        merged = json.loads((self.folder / "shards/data/selection.json").read_text())
        self.assertEqual(merged["objects"], whole)

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
