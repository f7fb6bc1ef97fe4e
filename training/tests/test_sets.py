"""Sets are made from git repositories laid out like the public ones."""

import gc
import io
import json
import os
import subprocess
import unittest
import warnings

import support
import numpy as np
from PIL import Image
from support import BUS, CAR, PERSON

from pretag_training import classes, sets

AUTHOR = {f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
# In a hook of git's they name the repository that has it, whatever -C says.
for variable in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[variable]


def picture(width, height, colour=(90, 120, 150)):
    return Image.new("RGB", (width, height), colour)


class Sets(support.TemporaryFolderTest):
    def commit(self, repository, files):
        """Makes a clone of a repository with these files: {path: text, bytes or picture}."""
        folder = self.folder / "clones" / repository.replace("/", "+")
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Image.Image):
                content.save(folder / path)
            else:
                (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Pictures"]):
            subprocess.run(["git", "-C", folder, *arguments], check=True, env={**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull})

    def build(self, name, files, labels=None):
        """From such files, and labels in a repository of their own. Returns the set's JSON and the counts."""
        self.commit(sets.SOURCES[name].repository, files)
        if labels is not None:
            self.commit(sets.SOURCES[name].labels_repository, labels)
        counts = sets.build(name, self.folder / "clones", self.folder / "out")
        return json.loads((self.folder / "out" / f"{name}.json").read_text()), counts

    def written(self, image):
        with Image.open(self.folder / "out" / image["file_name"]) as file:
            return np.asarray(file.convert("RGB"))

    def test_boxes_and_polygons(self):
        coco, counts = self.build("coco", {
            "images/train2017/b.jpg": picture(1280, 960),
            "object_detection/labels/train2017/b.txt": "2 0.5 0.5 0.25 0.5\n4 0.5 0.5 0.1 0.1\n0 0.1 0.1 0.2 0.15 0.15 0.3\n",
            "images/train2017/a.png": picture(200, 100, (10, 200, 30)),
            "object_detection/labels/train2017/a.txt": "5 0.5 0.5 2 0.5 0.87\n\n0 0.5 0.5 0.001 0.5\n",
            "images/train2017/without_labels.jpg": picture(64, 64)})
        self.assertEqual([(i["source"], i["width"], i["height"]) for i in coco["images"]], [("a.png", 200, 100), ("b.jpg", 640, 480)])
        boxes = {(a["image_id"], a["category_id"]): a["bbox"] for a in coco["annotations"]}
        self.assertEqual(boxes, {(0, BUS): [0, 25, 200, 50],  # clipped; the score after it is no matter
                                 (1, CAR): [240, 120, 160, 240], (1, PERSON): [64, 48, 64, 96]})
        self.assertEqual({a["category_id"]: a["area"] for a in coco["annotations"]}[CAR], 160 * 240)
        self.assertEqual(counts, {"images": 2, "bus": 1, "car": 1, "person": 1, "degenerate": 1})
        self.assertEqual({c["id"]: c["name"] for c in coco["categories"]}, dict(enumerate(classes.NAMES, 1)))
        self.assertEqual(set(coco["info"]["labelled_categories"]), set(range(1, classes.OUTPUTS)))
        self.assertEqual([self.written(i).shape for i in coco["images"]], [(100, 200, 3), (480, 640, 3)])

    def test_a_picture_comes_once(self):
        folder, labels = "images/train2017", "object_detection/labels/train2017"
        coco, counts = self.build("coco", {f"{folder}/a.png": picture(64, 48), f"{labels}/a.txt": "2 0.5 0.5 0.5 0.5",
                                           f"{folder}/b.png": picture(64, 48), f"{labels}/b.txt": "2 0.5 0.5 0.5 0.5"})
        self.assertEqual((len(coco["images"]), len(coco["annotations"]), counts["missing or twice"]), (1, 1, 1))

    def test_pictures_are_as_a_viewer_shows_them(self):
        turned, file = Image.Exif(), io.BytesIO()
        turned[0x0112] = 6  # the camera was held upright
        picture(80, 40).save(file, "JPEG", exif=turned)
        coco, _ = self.build("coco", {"images/train2017/a.jpg": file.getvalue(),
                                      "object_detection/labels/train2017/a.txt": "2 0.5 0.25 0.5 0.5"})
        self.assertEqual((coco["images"][0]["width"], coco["images"][0]["height"]), (40, 80))
        self.assertEqual(coco["annotations"][0]["bbox"], [10, 0, 20, 40])

    def test_held_out_rides_are_written_nowhere(self):
        rides = [f"{i:08x}" for i in range(40)]
        held_out = [ride for ride in rides if sets.is_held_out(f"{ride}-1.jpg")]
        self.assertTrue(0 < len(held_out) < 20)
        files = {}
        for number, ride in enumerate(rides):
            split = ("train", "valid", "test")[number % 3]
            files[f"bdd100k/{split}/images/{ride}-f{number}_jpg.rf.0a1b.jpg"] = picture(32, 32, (number * 6, 0, 0))
            files[f"bdd100k/{split}/labels/{ride}-f{number}_jpg.rf.0a1b.txt"] = "5 0.5 0.5 0.5 0.5\n"
        coco, counts = self.build("bdd", files)
        self.assertEqual({i["ride"] for i in coco["images"]}, set(rides) - set(held_out))
        self.assertEqual(counts["images"], len(list((self.folder / "out" / "bdd").iterdir())))
        self.assertFalse(any(ride in (self.folder / "out" / "bdd.json").read_text() for ride in held_out))

        # But to judge with, when they are asked for.
        sets.build_held_out("bdd", self.folder / "clones", self.folder / "out")
        coco = json.loads((self.folder / "out" / "held-out-bdd.json").read_text())
        self.assertEqual({i["ride"] for i in coco["images"]}, set(held_out))
        self.assertEqual({i["file_name"] for i in coco["images"]}, {f"held-out-bdd/{p.name}" for p in (self.folder / "out" / "held-out-bdd").iterdir()})

    def test_squares_are_stretched_back(self):
        ride = next(r for r in map("{:08x}".format, range(99)) if not sets.is_held_out(r))
        coco, _ = self.build("bdd", {f"bdd100k/train/images/{ride}-1.jpg": picture(320, 320),
                                     f"bdd100k/train/labels/{ride}-1.txt": "5 0.5 0.5 0.5 0.5\n6 0.25 0.75 0.5 0.5\n"})
        self.assertEqual((coco["images"][0]["width"], coco["images"][0]["height"]), (640, 360))
        self.assertEqual([(a["category_id"], a["bbox"]) for a in coco["annotations"]],  # a rider is a person
                         [(PERSON, [160, 90, 320, 180]), (classes.label_of("truck"), [0, 180, 320, 180])])
        self.assertNotIn(classes.label_of("train"), coco["info"]["labelled_categories"])
        coco, _ = self.build("cityscapes", {"Cityscapes-4/valid/images/a.jpg": picture(320, 320),  # a group of cars, and a rider's outline
                                            "Cityscapes-4/valid/labels/a.txt": "7 0.5 0.5 0.5 0.5\n23 0.25 0.25 0.5 0.25 0.5 0.75\n"})
        self.assertEqual((coco["images"][0]["width"], coco["images"][0]["height"]), (640, 320))
        self.assertEqual([(a["category_id"], a["iscrowd"], a["bbox"]) for a in coco["annotations"]],
                         [(CAR, 1, [160, 80, 320, 160]), (PERSON, 0, [160, 80, 160, 160])])

    def test_black_bars_are_cut_off(self):
        folder = sets.SOURCES["highway"].folders[0][0]
        barred = picture(320, 320, (0, 0, 0))
        barred.paste(picture(320, 180, (200, 180, 160)), (0, 70))
        labels = "1 0.5 0.5 0.25 0.25\n1 0.5 0.2 0.25 0.1\n"  # the second reaches into the bar
        coco, _ = self.build("highway", {f"{folder}/a.png": barred, f"{folder[:-6]}labels/a.txt": labels})
        self.assertEqual((coco["images"][0]["width"], coco["images"][0]["height"]), (320, 180))
        self.assertEqual([a["bbox"] for a in coco["annotations"]], [[120, 50, 80, 80], [120, 0, 80, 10]])
        self.assertGreater(int(self.written(coco["images"][0]).min()), 100)

    def test_what_only_looks_like_a_class_is_to_be_ignored(self):
        folder = sets.SOURCES["bangla"].folders[0][0]
        coco, counts = self.build("bangla", {f"{folder}/a.png": picture(100, 100), f"{folder[:-6]}labels/a.txt":
                                             "12 0.5 0.5 0.5 0.5\n15 0.5 0.5 0.25 0.25\n17 0.5 0.5 0.1 0.1\n"})  # rickshaw, truck, wheelbarrow
        self.assertEqual([(a["category_id"], a["iscrowd"], a["bbox"]) for a in coco["annotations"]],
                         [(CAR, 1, [25, 25, 50, 50]), (classes.label_of("truck"), 0, [37.5, 37.5, 25, 25])])
        self.assertEqual(counts, {"images": 1, "ignored": 1, "truck": 1})

    def test_labels_of_another_repository_in_pixels(self):
        rides = [f"{i:08x}" for i in range(40)]
        kept = [ride for ride in rides if not sets.is_held_out(f"{ride}-1.jpg")]
        pictures = {f"subdataset/imgs/train/{ride}-1.jpg": picture(1280, 720, (number * 6, 0, 0)) for number, ride in enumerate(rides)}
        labels = {f"data/labels/train/{ride}-1.txt": "" for ride in rides[1:]}
        labels[f"data/labels/train/{kept[1]}-1.txt"] = "5.0\n100.0\n200.0\n300.5\n400.0\n8.0\n0.0\n0.0\n1280.0\n720.0\n6.0\n1.0\n1.0\n9.0\n9.0\n"
        coco, counts = self.build("bdd-train", pictures, labels)
        self.assertEqual([i["ride"] for i in coco["images"]], [ride for ride in kept if ride != rides[0]])  # that one has no labels
        self.assertEqual([(coco["images"][a["image_id"]]["ride"], a["category_id"], a["bbox"]) for a in coco["annotations"]],
                         [(kept[1], PERSON, [50, 100, 100.25, 100]), (kept[1], classes.label_of("train"), [0, 0, 640, 360])])
        self.assertEqual(counts, {"images": len(coco["images"]), "person": 1, "train": 1})

    def test_only_pictures_that_show_vehicles(self):
        coco, counts = self.build("coco-vehicles",
                                  {f"coco/images/{split}2017/{name}.png": picture(64, 48, (shade, 0, 0)) for shade, (split, name) in
                                   enumerate((("train", "a"), ("train", "b"), ("val", "c"), ("val", "d")))},
                                  {"labels/val2017/a.txt": "0 0.5 0.5 0.5 0.5\n", "labels/val2017/b.txt": "0 0.5 0.5 0.5 0.5\n6 0.5 0.5 1 1\n",
                                   "labels/val2017/c.txt": "1 0.5 0.5 0.5 0.5\n", "labels/val2017/d.txt": "4 0.5 0.5 0.5 0.5\n"})
        self.assertEqual([i["source"] for i in coco["images"]], ["b.png", "c.png"])
        self.assertEqual(counts, {"images": 2, "person": 1, "train": 1, "bicycle": 1, "without such objects": 2})

    def test_pictures_of_coco_in_2014_have_the_labels_of_2017(self):
        coco, counts = self.build("coco-vehicles-2", {f"test/COCO_val2014_{i:012}.jpg": picture(64, 48, (i, 0, 0)) for i in (7, 8, 9)},
                                  {f"labels/train2017/{7:012}.txt": "1 0.5 0.5 0.5 0.5\n", f"labels/val2017/{9:012}.txt": "2 0.5 0.5 0.5 0.5\n"})
        self.assertEqual([i["source"] for i in coco["images"]], [f"COCO_val2014_{i:012}.jpg" for i in (7, 9)])
        self.assertEqual(counts, {"images": 2, "bicycle": 1, "car": 1})

    def test_pictures_of_an_earlier_revision(self):
        source, kept = sets.SOURCES["bdd-train-3"], [f"{i:08x}" for i in range(40) if not sets.is_held_out(f"{i:08x}-1.jpg")]
        path = "subdataset/imgs/train/{}-1.jpg"
        self.commit(source.repository, {path.format(kept[0]): picture(1280, 720)})
        folder = self.folder / "clones" / source.repository.replace("/", "+")
        subprocess.run(["git", "-C", folder, "tag", source.revision], check=True)
        (folder / path.format(kept[0])).unlink()
        coco, _ = self.build("bdd-train-3", {path.format(kept[1]): picture(1280, 720)}, {f"data/labels/train/{ride}-1.txt": "" for ride in kept})
        self.assertEqual([i["ride"] for i in coco["images"]], [kept[0]])

    def test_a_missing_revision_is_explained(self):
        with self.assertRaisesRegex(SystemExit, sets.SOURCES["bdd-train-3"].revision):
            self.build("bdd-train-3", {"subdataset/imgs/train/a.jpg": picture(64, 48)}, {"data/labels/train/a.txt": ""})

    def test_no_process_of_git_is_left_behind(self):
        gc.collect()  # what other tests left is not meant
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            self.build("coco", {"images/train2017/a.png": picture(64, 48), "object_detection/labels/train2017/a.txt": ""})
        self.assertEqual([str(w.message) for w in caught], [])

    def test_a_missing_clone_is_explained(self):
        with self.assertRaisesRegex(SystemExit, "git clone"):
            sets.build("coco", self.folder, self.folder / "out")


if __name__ == "__main__":
    unittest.main()
