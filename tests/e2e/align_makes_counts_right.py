#!/usr/bin/env python3
"""pretag model align: from a few labels on, a model counts as many objects as are labelled, at the sizes that were aligned."""

import collections
import json
import shutil
import struct

import support

COPIES = 4  # of each picture, so that there are objects enough
LABELLED = 40
# The quick model has no ranges for int8, so that what "auto" takes would differ by the processor.
FORMAT = "precision=f32"


def tensors_of(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return content[8 + size:]


class AlignMakesCountsRight(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        for copy in range(COPIES):
            self.images(f"photos/{copy}", "photos")
        self.model = self.quick_model(160, 96)
        self.run_pretag("run", "photos", "-o", "full", FORMAT, model=self.model)
        # The best that the detector finds of one class becomes the labels: other numbers than it counts.
        self.run_pretag("convert", "full", "--to", "coco", "--min-score", "0.05", "-o", "labels.json")
        path = self.folder / "labels.json"
        labels = json.loads(path.read_text())
        by_class = collections.defaultdict(list)
        for annotation in labels["annotations"]:
            by_class[annotation["category_id"]].append(annotation)
        best = {number: sorted(found, key=lambda a: -a["score"])[:LABELLED] for number, found in by_class.items()}
        chosen = max((number for number in best if len(best[number]) == LABELLED), key=lambda number: best[number][-1]["score"])
        path.write_text(json.dumps({**labels, "annotations": best[chosen]}))
        self.name = next(category["name"] for category in labels["categories"] if category["id"] == chosen)

    def counted(self, run):
        return collections.Counter(label for entry in support.dump_of(self.folder / run) for label in entry["labels"])[self.name]

    def test_a_class_is_counted_as_often_as_it_is_labelled(self):
        before = self.counted("full")
        self.assertGreater(abs(before - LABELLED), 2 * COPIES, "there is nothing to align")
        self.run_pretag("run", "photos", "-o", "fast", "accuracy=fast", FORMAT, model=self.model)
        done = self.run_pretag("model", "align", self.model, "full", "fast", "--labels", "labels.json", "-o", "mine.safetensors")
        self.assertRegex(done.stdout, rf"(?m)^  {self.name} +{LABELLED} +{before} +")
        self.assertIn("fast: short side", done.stdout)
        self.assertEqual(tensors_of(self.folder / "mine.safetensors"), tensors_of(self.model))
        self.assertIn("aligned with labels at a short side of", self.run_pretag("model", "info", "mine.safetensors").stdout)

        self.run_pretag("run", "photos", "-o", "aligned", FORMAT, model=self.folder / "mine.safetensors")
        # Suppression of overlapping boxes takes the better one, which may be another one now: in every copy of a picture.
        self.assertLessEqual(abs(self.counted("aligned") - LABELLED), 2 * COPIES)

        # Other names: what is added to the old ones goes.
        self.run_pretag("model", "convert", "mine.safetensors", "renamed.safetensors", "--classes", "a,b,c,d,e,f,g")
        self.assertNotIn("aligned with labels", self.run_pretag("model", "info", "renamed.safetensors").stdout)

        # Aligned once more, it stays where it is.
        self.run_pretag("model", "align", "mine.safetensors", "aligned", "--labels", "labels.json", "-o", "mine.safetensors")
        self.run_pretag("run", "photos", "-o", "again", FORMAT, model=self.folder / "mine.safetensors")
        self.assertLessEqual(abs(self.counted("again") - LABELLED), 2 * COPIES)

    def test_mistakes_are_explained(self):
        shutil.copytree(self.folder / "full", self.folder / "twin")
        shutil.copy(self.model, self.folder / "other.safetensors")
        self.run_pretag("model", "convert", "other.safetensors", "other.safetensors", "--dtype", "int8", "--note", "another")
        self.run_pretag("run", "photos/0", "-o", "few", "max_detections=5", FORMAT, model=self.model)
        self.run_pretag("run", "photos/0", "-o", "best", "accuracy=best", FORMAT, model=self.model)
        align = ["model", "align", self.model]
        labels = ["--labels", "labels.json", "-o", "out.safetensors"]
        for arguments, code, parts in [
                ([*align, "full", "twin", *labels], support.USAGE, ["full and twin", "accuracy"]),
                (["model", "align", "other.safetensors", "full", *labels], support.USAGE, ["full", "not made with this model"]),
                ([*align, "few", *labels], support.USAGE, ["few", "without max_detections"]),
                ([*align, "best", *labels], support.USAGE, ["best", "full and fast"]),
                ([*align, "missing", *labels], support.USAGE, ["missing", "is no run folder"]),
                ([*align, "full", "--labels", "nothing.json", "-o", "out.safetensors"], support.ERROR, ["nothing.json"]),
                ([*align, "full", *labels, "--rename", "nonsense"], support.USAGE, ["FROM=TO"]),
                ([*align, "full", *labels, "--switch-off", "zebra"], support.USAGE, ["zebra", "bicycle"]),
        ]:
            with self.subTest(arguments):
                self.assert_plain_error(self.run_pretag(*arguments, code=code), *parts)
        self.assertFalse((self.folder / "out.safetensors").exists())


if __name__ == "__main__":
    support.main()
