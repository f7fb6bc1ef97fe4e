"""What goes into packs comes out of them, at the size of the canvas."""

import argparse
import contextlib
import io
import json
import shutil
import unittest
from unittest import mock

import support
import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support import CAR, PERSON

import train
from pretag_training import classes, packs, sets

# Numbers of another source's categories; 7 is none of the seven classes.
CATEGORIES = [{"id": 3, "name": "person"}, {"id": 5, "name": "car"}, {"id": 7, "name": "rickshaw"}]


class Packs(support.TemporaryFolderTest):
    def write_coco(self, name, sizes, annotations=(), rides=None, **info):
        """SET.json and SET/*.png, each picture of a grey of its own. Annotations: (image, category, bbox, crowd)."""
        (self.folder / name).mkdir()
        images = []
        for i, size in enumerate(sizes):
            said = PngInfo()
            said.add_text("Title", f"{name} {i}")  # no file is as another
            Image.new("RGB", size, (40 * i + 20,) * 3).save(self.folder / name / f"{i}.png", pnginfo=said)
            images.append({"id": 10 + i, "file_name": f"{name}/{i}.png"} | ({"ride": rides[i]} if rides else {}))
        rows = [{"image_id": 10 + i, "category_id": category, "bbox": bbox, "iscrowd": crowd} for i, category, bbox, crowd in annotations]
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"info": info, "images": images, "annotations": rows, "categories": CATEGORIES}))
        return path

    def load(self, *labels, size=(64, 36), megabytes=45, **more):
        packs.write(labels, self.folder / "packs", megabytes)
        return packs.load(self.folder / "packs", *size, **more)

    def test_pictures_and_boxes_are_scaled_to_the_canvas(self):
        pictures = self.load(self.write_coco("one", [(128, 72), (64, 72), (32, 18)],
                                             [(0, 5, [20, 10, 40, 30], 0), (1, 3, [4, 8, 16, 20], 1), (2, 5, [1, 2, 3, 4], 0)]))
        self.assertEqual(pictures.sizes.tolist(), [[64, 36], [32, 36], [64, 36]])
        self.assertEqual(pictures.boxes[:, 0].tolist(), [[10, 5, 30, 20], [2, 4, 10, 14], [2, 4, 8, 12]])
        self.assertEqual(pictures.labels[:, 0].tolist(), [CAR, PERSON, CAR])
        self.assertEqual(pictures.crowd[:, 0].tolist(), [False, True, False])
        self.assertEqual([int(p.max()) for p in pictures.pixels], [20, 60, 100])
        self.assertEqual([int(v) for v in (pictures.pixels[1, :, :, 32:].max(), pictures.pixels[1, :, :, :32].min())], [0, 60])

    def test_pixels_are_the_pictures(self):
        path = self.write_coco("one", [(64, 36)])
        noise = np.random.default_rng(0).integers(0, 256, (36, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(self.folder / "one" / "0.png")
        self.assertTrue(torch.equal(self.load(path).pixels[0], torch.from_numpy(noise).permute(2, 0, 1)))

    def test_a_picture_of_two_sets_is_taken_once(self):
        one, two = self.write_coco("one", [(64, 36), (32, 18)], [(1, 5, [1, 2, 3, 4], 0)]), self.write_coco("two", [(48, 27), (32, 18), (64, 36)])
        shutil.copy(self.folder / "one" / "1.png", self.folder / "two" / "1.png")
        for webp in ({}, {"webp_quality": 60}):
            self.assertEqual(packs.write([one, two], self.folder / "packs", **webp), (1, 1))
            self.assertEqual(packs.load(self.folder / "packs", 64, 36).names, ["one/0.png", "one/1.png", "two/0.png", "two/2.png"])

    def test_turned_pictures_are_as_a_viewer_shows_them(self):
        path = self.write_coco("one", [(40, 80)], [(0, 5, [0, 0, 20, 40], 0)])
        turned, picture = Image.Exif(), Image.new("RGB", (80, 40), (200, 0, 0))
        picture.paste((0, 0, 200), (0, 20, 40, 40))  # what is lower left in the file is upper left for a viewer
        turned[0x0112] = 6
        picture.save(self.folder / "one" / "0.png", exif=turned)
        for webp in ({}, {"webp_quality": 90}):
            packs.write([path], self.folder / "packs", **webp)
            pictures = packs.load(self.folder / "packs", 40, 80)
            self.assertEqual(pictures.sizes.tolist(), [[40, 80]])
            red, _, blue = pictures.pixels[0, :, 2:38, 2:18].float().mean((1, 2)).tolist()
            self.assertLess(red + 100, blue)
        labels = json.loads(path.read_text())
        labels["images"][0] |= {"width": 80, "height": 40}
        path.write_text(json.dumps(labels))
        with self.assertRaisesRegex(SystemExit, "one/0.png has 80x40 pixels, but as a viewer shows it, it has 40x80"):
            self.load(path)

    def test_boxes_outside_of_the_picture_are_none(self):
        pictures = self.load(self.write_coco("one", [(64, 36)], [(0, 5, [70, 1, 9, 9], 0), (0, 5, [60, 1, 9, 9], 0)]))
        self.assertEqual(pictures.boxes.tolist(), [[[60, 1, 69, 10]]])

    def test_what_cannot_be_read_leaves_the_packs_that_are_there(self):
        good = self.write_coco("good", [(64, 36)])
        self.load(good)
        broken, lacking = self.folder / "broken.json", self.write_coco("lacking", [(64, 36)])
        broken.write_text("{")
        (self.folder / "lacking" / "0.png").unlink()
        for path, reason in ((broken, "not JSON"), (lacking, "cannot be read"), (self.folder / "none.json", "give COCO label files")):
            with self.assertRaisesRegex(SystemExit, reason):
                self.load(good, path)
            self.assertEqual(len(packs.load(self.folder / "packs", 64, 36).names), 1)

    def test_classes_of_other_names_are_left_out(self):
        path = self.write_coco("one", [(64, 36)], [(0, 7, [1, 1, 9, 9], 0), (0, 3, [2, 2, 9, 9], 0)])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            pictures = self.load(path)
        self.assertEqual(pictures.labels.tolist(), [[PERSON]])
        self.assertEqual(said.getvalue(), f"{path}: left out, being none of the seven classes: rickshaw\n")

    def test_a_file_of_none_of_the_classes_is_refused(self):
        path = self.write_coco("one", [(64, 36)])
        path.write_text(path.read_text().replace("person", "pedestrian").replace('"car"', '"Car"'))
        with self.assertRaisesRegex(SystemExit, "one.json: has none of the categories bicycle, .*; rename its own"):
            self.load(path)

    def test_classes_that_a_set_does_not_label_are_unknown(self):
        pictures = self.load(self.write_coco("all", [(64, 36)]), self.write_coco("few", [(64, 36)], labelled_categories=[5]))
        unlabelled = [set(torch.nonzero(row)[:, 0].tolist()) for row in pictures.unlabelled]
        self.assertEqual(unlabelled, [set(range(1, classes.OUTPUTS)) - {CAR, PERSON}, set(range(1, classes.OUTPUTS)) - {CAR}])

    def test_objects_of_a_class_that_is_unknown_in_some_pictures_are_not_written(self):
        pictures = self.load(self.write_coco("all", [(64, 36)], [(0, 3, [1, 1, 9, 9], 0), (0, 5, [2, 2, 9, 9], 0)]),
                             self.write_coco("few", [(64, 36)], labelled_categories=[5]))
        packs.write_coco(pictures, torch.arange(2), self.folder / "written")
        labels = json.loads((self.folder / "written/labels.json").read_text())
        self.assertEqual([entry["id"] for entry in labels["categories"]], [CAR])
        self.assertEqual([entry["category_id"] for entry in labels["annotations"]], [CAR])

    def test_rides_of_the_driving_set_are_validated_on(self):
        rides = [f"{i:08x}" for i in range(60)]
        chosen = [i for i, ride in enumerate(rides) if packs.is_validation(ride)]
        self.assertTrue(chosen)
        pictures = self.load(*(self.write_coco(name, [(8, 8)] * 60, rides=rides) for name in ("bdd", "bdd-more", "other")), size=(8, 8))
        self.assertEqual(torch.nonzero(pictures.validation)[:, 0].tolist(), chosen)
        self.assertEqual(pictures.driving.tolist(), [True] * 120 + [False] * 60)

    def test_held_out_sets_are_never_trained_on(self):
        rides = [f"{i:08x}" for i in range(60)]
        validation = sum(map(packs.is_validation, rides))
        paths = [self.write_coco(name, [(8, 8)] * count, rides=rides[:count]) for name, count in (("bdd", 60), ("held-out-bdd-more", 3))]
        self.assertEqual(int(self.load(*paths, size=(8, 8)).validation.sum()), validation + 3)
        self.assertEqual(len(self.load(*paths, size=(8, 8), validation_only=True).names), validation + 3)

    def test_only_the_validation_pictures(self):
        rides = [f"{i:08x}" for i in range(60)]
        names = [f"bdd/{i}.png" for i, ride in enumerate(rides) if packs.is_validation(ride)]
        path = self.write_coco("bdd", [(8, 8)] * 60, rides=rides)
        self.assertEqual(self.load(path, size=(8, 8), validation_only=True).names, names)
        with self.assertRaisesRegex(SystemExit, "one ride of twenty"):
            self.load(self.write_coco("other", [(8, 8)] * 3), size=(8, 8), validation_only=True)

    def test_validation_pictures_and_some_others_of_their_set_behind_them(self):
        rides = [f"{i:08x}" for i in range(60)]
        validation = [f"bdd/{i}.png" for i, ride in enumerate(rides) if packs.is_validation(ride)]
        paths = self.write_coco("bdd", [(8, 8)] * 60, rides=rides), self.write_coco("other", [(8, 8)] * 60, rides=rides)
        pictures = self.load(*paths, size=(8, 8), validation_only=True, with_trained=7)
        self.assertEqual(pictures.names[:len(validation)], validation)
        others = pictures.names[len(validation):]
        self.assertEqual(len(set(others)), 7)
        self.assertTrue(all(name.startswith("bdd/") and name not in validation for name in others))
        self.assertFalse(pictures.validation[len(validation):].any())
        self.assertEqual(self.load(*paths, size=(8, 8), validation_only=True, with_trained=4).names[len(validation):], others[:4])

    def test_validation_and_held_out_rides_are_disjoint(self):
        rides = [f"{i:08x}" for i in range(4000)]
        validation = {ride for ride in rides if packs.is_validation(ride)}
        held_out = {ride for ride in rides if sets.is_held_out(f"images/{ride}-12345678.jpg")}
        self.assertFalse(validation & held_out)
        self.assertAlmostEqual(len(validation) / len(rides), 0.05, delta=0.01)
        self.assertAlmostEqual(len(held_out) / len(rides), 0.15, delta=0.02)

    def test_many_packs_are_as_one(self):
        path = self.write_coco("one", [(64, 36)] * 5, [(4, 5, [1, 2, 3, 4], 0)])
        pictures = self.load(path, megabytes=1e-6)
        self.assertEqual(len(list((self.folder / "packs").glob("pack-*.bin"))), 5)
        self.assertEqual([int(p.max()) for p in pictures.pixels], [20, 60, 100, 140, 180])
        self.assertEqual(pictures.labels[:, 0].tolist(), [0, 0, 0, 0, CAR])

    def test_packs_of_an_earlier_call_are_gone(self):
        self.load(self.write_coco("old", [(64, 36)] * 3), megabytes=1e-6)
        self.assertEqual(self.load(self.write_coco("new", [(64, 36)] * 2)).names, ["new/0.png", "new/1.png"])

    def test_a_label_file_that_is_missing_is_named_and_costs_nothing(self):
        there = self.write_coco("old", [(64, 36)])
        self.load(there)
        with self.assertRaisesRegex(SystemExit, "typo.json: no such file"):
            packs.write([there, self.folder / "typo.json"], self.folder / "packs")
        self.assertEqual(len(list((self.folder / "packs").glob("pack-*.bin"))), 1)

    def test_that_nothing_is_for_validation_is_known_before_the_training(self):
        packs.write([self.write_coco("mine", [(8, 8)], rides=["a ride"])], self.folder / "packs")
        trained = []
        with mock.patch.multiple(train, train=trained.append, export_model=lambda _: None):
            arguments = argparse.Namespace(packs=self.folder / "packs", weights_only=False)
            with self.assertRaisesRegex(SystemExit, "no picture is for validation.*bdd.json.*export --weights-only"):
                train.train_and_export(arguments)
            self.assertEqual(trained, [])
            arguments.weights_only = True
            train.train_and_export(arguments)
            self.assertEqual(len(trained), 1)
            packs.write([self.write_coco("held-out-mine", [(8, 8)])], self.folder / "packs")
            arguments.weights_only = False
            train.train_and_export(arguments)
            self.assertEqual(len(trained), 2)

    def test_limit(self):
        path = self.write_coco("one", [(64, 36)] * 5)
        self.assertEqual(self.load(path, limit=2).names, ["one/0.png", "one/2.png"])
        self.assertEqual(len(self.load(path, limit=100).names), 5)

    def test_webp_is_smaller_and_much_the_same(self):
        path = self.write_coco("one", [(64, 36)])
        noise = np.random.default_rng(0).integers(100, 140, (36, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(self.folder / "one" / "0.png")
        packs.write([path], self.folder / "webp", webp_quality=60)
        pictures, size = packs.load(self.folder / "webp", 64, 36), (self.folder / "webp" / "pack-00.bin").stat().st_size
        self.assertLess(size, (self.folder / "one" / "0.png").stat().st_size / 3)
        self.assertLess(float((pictures.pixels[0].permute(1, 2, 0) - torch.from_numpy(noise).float()).abs().mean()), 15)

    def test_no_packs(self):
        with self.assertRaisesRegex(SystemExit, "write packs"):
            packs.load(self.folder, 64, 36)

    def test_what_is_written_as_coco_can_be_packed_again(self):
        first = self.load(self.write_coco("bdd", [(64, 36), (32, 36), (64, 36)], [(0, 5, [20, 10, 40, 20], 0), (0, 3, [1.5, 2, 3, 4.25], 1),
                                                                                  (2, 5, [0, 0, 5, 5], 0)], labelled_categories=[3, 5]))
        packs.write_coco(first, torch.tensor([0, 1]), self.folder / "again")
        packs.write([self.folder / "again" / "labels.json"], self.folder / "packs2")
        second = packs.load(self.folder / "packs2", 64, 36)
        self.assertEqual(len(second.names), 2)
        for name in ("pixels", "sizes", "boxes", "labels", "crowd", "unlabelled"):
            torch.testing.assert_close(getattr(second, name), getattr(first, name)[:2], atol=1e-4, rtol=0, msg=name)


if __name__ == "__main__":
    unittest.main()
