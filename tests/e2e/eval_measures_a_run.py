#!/usr/bin/env python3
"""pretag eval, on labels made from a run's own predictions, says what is known beforehand."""

import json

import support

SIZES = {"a.b.webp": (200, 300), "a/b/d.bmp": (240, 120), "a/c.jpg": (300, 200), "b.png": (320, 180), "z.tif": (160, 120)}


class EvalMeasuresARun(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.images("photos", "photos")
        # Whatever the detector finds is dumped, and becomes a label.
        self.run_pretag("run", "photos", "-o", "run", "score_threshold=0", model=self.quick_model(least_score=0.01))
        self.objects = [(entry["filename"], label, box) for entry in support.dump_of(self.folder / "run")
                        for label, box in zip(entry["labels"], entry["boxes"])]
        self.assertGreater(len(self.objects), 20)

    def write_coco(self, objects):
        images = [{"id": i, "file_name": name, "width": w, "height": h} for i, (name, (w, h)) in enumerate(SIZES.items())]
        image_ids = {image["file_name"]: image["id"] for image in images}
        annotations = []
        for number, (name, label, (x1, y1, x2, y2)) in enumerate(objects):
            width, height = SIZES[name]
            bbox = [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height]
            annotations.append({"id": number, "image_id": image_ids[name], "category_id": support.CLASSES.index(label),
                                "bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": 0})
        categories = [{"id": i, "name": name} for i, name in enumerate(support.CLASSES)]
        labels = {"images": images, "annotations": annotations, "categories": categories}
        (self.folder / "labels.json").write_text(json.dumps(labels))

    def evaluate(self, predictions="run", labels="labels.json", *arguments):
        self.run_pretag("eval", predictions, "--labels", labels, "--score-threshold", "0", "--json", "eval.json",
                        *arguments)
        result = json.loads((self.folder / "eval.json").read_text())
        self.assertEqual(result["images"], len(SIZES))
        return result["all"]

    def test_its_own_predictions_are_perfect(self):
        self.write_coco(self.objects)
        for predictions in ("run", "run/data/bounding_boxes.json"):
            scores = self.evaluate(predictions)
            self.assertEqual((scores["ap"], scores["ap50"], scores["precision"], scores["recall"]), (1, 1, 1, 1))
            self.assertEqual((scores["right"], scores["wrong"], scores["missed"]), (len(self.objects), 0, 0))
        done = self.run_pretag("eval", "run", "--labels", "labels.json", "--per-class")
        self.assertRegex(done.stdout, r"all classes +\d+ +100\.0 +100\.0")

    def test_missing_and_misplaced_labels_count_as_they_should(self):
        removed = self.objects[::3]
        self.write_coco([found for found in self.objects if found not in removed])
        scores = self.evaluate()
        # Boxes of one class overlap by less than half, so none takes the label of another.
        self.assertEqual((scores["right"], scores["wrong"], scores["missed"]),
                         (len(self.objects) - len(removed), len(removed), 0))
        self.assertLess(scores["ap"], 1)

        # An object too small to be anything that was found.
        corner = ("b.png", "train", [0.0, 0.0, 0.004, 0.004])
        self.write_coco([*self.objects, corner])
        scores = self.evaluate()
        self.assertEqual((scores["right"], scores["wrong"], scores["missed"]), (len(self.objects), 0, 1))
        self.assertLess(scores["recall"], 1)

    def test_yolo_labels(self):
        folder = self.folder / "labels"
        for name in SIZES:
            file = (folder / name).with_suffix(".txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(
                f"{support.CLASSES.index(label)} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}\n"
                for image, label, (x1, y1, x2, y2) in self.objects if image == name))
        (folder / "classes.txt").write_text("\n".join(support.CLASSES))
        scores = self.evaluate("run", "labels")
        self.assertEqual((scores["right"], scores["wrong"], scores["missed"]), (len(self.objects), 0, 0))
        self.assertGreater(scores["ap"], 0.99)

    def test_mistakes_are_explained(self):
        self.write_coco(self.objects)
        for arguments, code, part in [
                (["run", "--labels", "missing.json"], support.ERROR, "missing.json"),
                (["missing", "--labels", "labels.json"], support.ERROR, "missing"),
                (["run", "--labels", "run/report.json"], support.ERROR, "report.json"),
                (["run", "--labels", "labels.json", "--rename", "nonsense"], support.USAGE, "FROM=TO"),
        ]:
            with self.subTest(arguments):
                self.assert_plain_error(self.run_pretag("eval", *arguments, code=code), part)


if __name__ == "__main__":
    support.main()
