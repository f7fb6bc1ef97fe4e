"""Average precision is the number that `pretag eval` gives. PRETAG names the program."""

import json
import subprocess
import unittest

import numpy as np
import support

from pretag_training import average_precision, classes

WIDTH, HEIGHT = 500, 400


@support.needs_pretag
class LikePretagEval(support.TemporaryFolderTest):
    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(11)

    def boxes(self, count):
        side = np.exp(self.random.uniform(np.log(8), np.log(180), (count, 2)))
        corner = self.random.uniform(0, 1, (count, 2)) * ([WIDTH, HEIGHT] - side)
        # A dump has six decimals, relative; all that is compared starts from such numbers.
        return np.round(np.concatenate([corner, corner + side], 1) / [WIDTH, HEIGHT, WIDTH, HEIGHT], 6)

    def picture(self):
        """(detections, truth), relative: some objects are found well or less well, some twice, some in a crowd, some not."""
        objects = self.boxes(int(self.random.integers(0, 25)))
        labels = self.random.integers(1, classes.OUTPUTS, len(objects))
        seen = self.random.random(len(objects)) < 0.75
        shift = self.random.normal(0, 0.004, (int(seen.sum()), 4)).round(6)
        twice = objects[self.random.random(len(objects)) < 0.2]
        noise = self.boxes(int(self.random.integers(0, 12)))
        found = np.clip(np.concatenate([objects[seen] + shift, twice, noise]), 0, 1)
        named = np.concatenate([labels[seen], self.random.integers(1, classes.OUTPUTS, len(twice) + len(noise))])
        scores = self.random.integers(1, 100, len(found)) / 100  # many are equal
        there = ((found[:, 2:] - found[:, :2]) > 0.001).all(1)
        order = np.argsort(-scores[there], kind="stable")
        return ({"boxes": found[there][order], "labels": named[there][order], "scores": scores[there][order]},
                {"boxes": objects, "labels": labels, "crowd": self.random.random(len(objects)) < 0.1})

    def evaluate_by_pretag(self, detections, truths):
        dump, images, annotations = [], [], []
        for i, (found, truth) in enumerate(zip(detections, truths)):
            dump.append({"filename": f"{i:03}.png", "boxes": found["boxes"].tolist(), "scores": found["scores"].tolist(),
                         "labels": [classes.NAMES[label - 1] for label in found["labels"]]})
            images.append({"id": i, "file_name": f"{i:03}.png", "width": WIDTH, "height": HEIGHT})
            for box, label, crowd in zip(truth["boxes"] * [WIDTH, HEIGHT, WIDTH, HEIGHT], truth["labels"], truth["crowd"]):
                width, height = (box[2:] - box[:2]).tolist()
                annotations.append({"id": len(annotations), "image_id": i, "category_id": int(label), "iscrowd": int(crowd),
                                    "bbox": [*box[:2].tolist(), width, height], "area": width * height})
        categories = [{"id": i, "name": name} for i, name in enumerate(classes.NAMES, 1)]
        (self.folder / "dump.json").write_text(json.dumps(dump))
        (self.folder / "labels.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
        subprocess.run([support.PRETAG, "eval", "dump.json", "--labels", "labels.json", "--json", "eval.json"],
                       cwd=self.folder, check=True, capture_output=True)
        return json.loads((self.folder / "eval.json").read_text())["classes"]

    def test_random_detections(self):
        detections, truths = zip(*(self.picture() for _ in range(40)))
        theirs = self.evaluate_by_pretag(detections, truths)
        in_pixels = lambda rows: [{**row, "boxes": row["boxes"] * [WIDTH, HEIGHT, WIDTH, HEIGHT]} for row in rows]
        mine = average_precision.evaluate(in_pixels(detections), in_pixels(truths))
        self.assertEqual(set(theirs), set(classes.NAMES))
        for name in classes.NAMES:
            self.assertTrue(0.1 < mine[name]["ap"] < 0.9, mine[name])  # else there is little to compare
            self.assertEqual(theirs[name]["objects"], mine[name]["objects"])
            for key in ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"):
                self.assertAlmostEqual(theirs[name][key], mine[name][key], places=6, msg=f"{name} {key}")


if __name__ == "__main__":
    unittest.main()
