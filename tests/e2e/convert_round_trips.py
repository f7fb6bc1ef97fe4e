#!/usr/bin/env python3
"""pretag convert writes a run in every format, and reads each back as it was, within the rounding that
docs/formats/exports.md promises."""

import json
import xml.etree.ElementTree as xml

import support

SIZES = {"a.b.webp": (200, 300), "a/b/d.bmp": (240, 120), "a/c.jpg": (300, 200), "b.png": (320, 180), "z.tif": (160, 120)}
# How far an edge may move, in pixels, there and back through a prediction task, which rounds x and the width to a
# hundredth each.
TASK_ROUNDING = 0.01
ROUNDING = {"coco": 0.005, "yolo": 0.0005, "voc": 1, "kitti": 0.005, "labelstudio": 0.0005, "cvat": 0.005,
            "fiftyone": 0.0005, "lightly": 0.01, "csv": 0.005, "dump": 0.0005}
NEEDS_SIZES = {"yolo", "kitti", "fiftyone", "lightly", "dump"}
OUTPUT = {"coco": "out.json", "cvat": "out.xml", "csv": "out.csv", "dump": "dump.json"}
THRESHOLD = 0.02


def task_of(folder, task):
    """The predictions of a task: {image: [(label, score, (x1, y1, x2, y2)), ...]}."""
    root = folder / ".lightly/predictions" / task
    names = {c["id"]: c["name"] for c in json.loads((root / "schema.json").read_text())["categories"]}
    found = {}
    for path in root.rglob("*.json"):
        if path == root / "schema.json":
            continue
        image = json.loads(path.read_text())
        found[image["file_name"]] = [
            (names[p["category_id"]], p["score"], (p["bbox"][0], p["bbox"][1], p["bbox"][0] + p["bbox"][2],
                                                   p["bbox"][1] + p["bbox"][3])) for p in image["predictions"]]
    return found


class ConvertRoundTrips(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.images("photos", "photos")
        self.run_pretag("run", "photos", "-o", "run", f"score_threshold={THRESHOLD}", model=self.quick_model(least_score=0.01))
        self.expected = {}
        for entry in support.dump_of(self.folder / "run"):
            width, height = SIZES[entry["filename"]]
            self.expected[entry["filename"]] = [
                (label, score, (x1 * width, y1 * height, x2 * width, y2 * height))
                for label, score, (x1, y1, x2, y2) in zip(entry["labels"], entry["scores"], entry["boxes"])]
        self.assertGreater(sum(map(len, self.expected.values())), 20)

    def convert(self, *arguments, **options):
        return self.run_pretag("convert", *arguments, **options)

    def read_back(self, form, path):
        sizes = ["--sizes", "run"] if form in NEEDS_SIZES else []
        self.convert("--from", form, path, "--to", "lightly", "--task", f"from_{form}", "--output", "back", *sizes)
        return task_of(self.folder / "back", f"from_{form}")

    def assert_same(self, found, expected, tolerance, scores=True):
        self.assertEqual(sorted(found), sorted(expected))
        for name, objects in expected.items():
            self.assertEqual(len(found[name]), len(objects), name)
            for (label, score, box), (there_label, there_score, there_box) in zip(objects, found[name]):
                self.assertEqual(label, there_label)
                self.assertAlmostEqual(score if scores else 1, there_score, delta=1e-6)
                for corner, there in zip(box, there_box):
                    self.assertAlmostEqual(corner, there, delta=tolerance, msg=name)

    def test_every_format_comes_back(self):
        for form, rounding in ROUNDING.items():
            with self.subTest(form):
                output = OUTPUT.get(form, form)
                extra = ["--scores"] if form in ("yolo", "voc") else []
                self.convert("run", "--to", form, "--output", output, *extra)
                self.assert_same(self.read_back(form, output), self.expected, rounding + TASK_ROUNDING + 1e-3)
        tasks = json.loads((self.folder / "back/.lightly/predictions/tasks.json").read_text())
        self.assertEqual(sorted(tasks), sorted(f"from_{form}" for form in ROUNDING))
        self.assert_no_leftovers(self.folder)

    def test_formats_without_scores_read_as_labels(self):
        for form in ("yolo", "voc"):
            with self.subTest(form):
                self.convert("run", "--to", form, "--output", form)
                self.assert_same(self.read_back(form, form), self.expected, ROUNDING[form] + TASK_ROUNDING + 1e-3,
                                 scores=False)
        lines = (self.folder / "yolo/labels/b.txt").read_text().splitlines()
        self.assertEqual({len(line.split()) for line in lines}, {5})

    def test_files_are_as_other_tools_expect_them(self):
        for form in ROUNDING:
            self.convert("run", "--to", form, "--output", OUTPUT.get(form, form))
        coco = json.loads((self.folder / "out.json").read_text())
        self.assertEqual([a["id"] for a in coco["annotations"]], list(range(1, len(coco["annotations"]) + 1)))
        self.assertEqual({i["file_name"]: (i["width"], i["height"]) for i in coco["images"]}, SIZES)
        self.assertEqual([c["name"] for c in coco["categories"]], support.CLASSES)

        # xmin and xmax are the first and the last pixel, from 1.
        objects = xml.parse(self.folder / "voc/Annotations/a/c.xml").getroot().findall("object")
        for (label, _, box), element in zip(self.expected["a/c.jpg"], objects, strict=True):
            self.assertEqual(element.findtext("name"), label)
            xmin, xmax = int(element.findtext("bndbox/xmin")), int(element.findtext("bndbox/xmax"))
            self.assertTrue(1 <= xmin <= xmax <= 300)
            self.assertAlmostEqual(xmin - 1, box[0], delta=1)
            self.assertAlmostEqual(xmax, box[2], delta=1)

        for line in (self.folder / "kitti/label_2/b.txt").read_text().splitlines():
            self.assertEqual(len(line.split()), 16)
        for image in xml.parse(self.folder / "out.xml").getroot().findall("image"):
            self.assertEqual((int(image.get("width")), int(image.get("height"))), SIZES[image.get("name")])
            self.assertEqual(len(image.findall("box")), len(self.expected[image.get("name")]))
        task = json.loads((self.folder / "labelstudio/tasks.json").read_text())[0]
        region = task["predictions"][0]["result"][0]
        label, _, (x1, *_) = self.expected[task["data"]["filename"]][0]
        self.assertEqual(region["value"]["rectanglelabels"], [label])
        self.assertAlmostEqual(region["value"]["x"] / 100 * region["original_width"], x1, delta=0.01)
        interface = xml.parse(self.folder / "labelstudio/labels.xml").getroot()
        self.assertEqual([element.get("value") for element in interface.iter("Label")], support.CLASSES)
        fiftyone = json.loads((self.folder / "fiftyone/labels.json").read_text())
        self.assertEqual(fiftyone["classes"], support.CLASSES)
        self.assertEqual(len(fiftyone["labels"]["a.b"]), len(self.expected["a.b.webp"]))
        self.assertEqual(json.loads((self.folder / "fiftyone/data.json").read_text())["a/c.jpg"], "data/a/c.jpg")

    def test_labels_of_coco_are_measured_as_perfect(self):
        self.convert("run", "--to", "coco", "--output", "labels.json")
        self.run_pretag("eval", "run", "--labels", "labels.json", "--score-threshold", THRESHOLD, "--json", "e.json")
        scores = json.loads((self.folder / "e.json").read_text())["all"]
        self.assertEqual((scores["wrong"], scores["missed"]), (0, 0))

    def test_where_images_are_is_told(self):
        self.convert("run", "--to", "labelstudio", "--output", "tasks", "--images", "/data/local-files/?d=my photos")
        tasks = json.loads((self.folder / "tasks/tasks.json").read_text())
        self.assertIn("/data/local-files/?d=my photos/a/c.jpg", [task["data"]["image"] for task in tasks])
        self.convert("run", "--to", "fiftyone", "--output", "f", "--images", "/photos")
        self.assertEqual(json.loads((self.folder / "f/data.json").read_text())["a/c.jpg"], "/photos/a/c.jpg")
        self.convert("run", "--to", "fiftyone", "--output", "deep/f", "--images", "photos")
        for path in json.loads((self.folder / "deep/f/data.json").read_text()).values():
            self.assertTrue((self.folder / "deep/f" / path).is_file(), path)
        self.assert_same(self.read_back("fiftyone", "f"), self.expected, 0.02)

    def test_sizes_come_from_the_images_too(self):
        self.convert("--from", "dump", "run/data/bounding_boxes.json", "--sizes", "photos", "--to", "csv", "--output", "t.csv")
        self.assert_same(self.read_back("csv", "t.csv"), self.expected, 0.02)

    def test_only_the_selected_images(self):
        done = self.convert("run", "--to", "coco", "--output", "s.json", "--selected", code=support.USAGE)
        self.assert_plain_error(done, "filenames/sampled_filenames.txt", "select")
        (self.folder / "run/filenames/sampled_filenames.txt").write_text("b.png\na/c.jpg\ngone.jpg\n")
        done = self.convert("run", "--to", "coco", "--output", "s.json", "--selected")
        self.assertIn("1 selected images are not among the results", done.stdout)
        images = json.loads((self.folder / "s.json").read_text())["images"]
        self.assertEqual([image["file_name"] for image in images], ["a/c.jpg", "b.png"])
        chosen = {name: self.expected[name] for name in ("a/c.jpg", "b.png")}
        self.assert_same(self.read_back("coco", "s.json"), chosen, 0.02)

    def test_only_boxes_with_the_score(self):
        scores = sorted(score for objects in self.expected.values() for _, score, _ in objects)
        cut = scores[len(scores) // 2]
        self.convert("run", "--to", "csv", "--output", "cut.csv", "--min-score", cut)
        expected = {name: [o for o in objects if o[1] >= cut] for name, objects in self.expected.items()}
        self.assert_same(self.read_back("csv", "cut.csv"), expected, 0.02)
        self.assertLess(sum(map(len, expected.values())), len(scores))
        done = self.convert("run", "--to", "csv", "--output", "all.csv", "--min-score", 0)
        self.assertGreater(int(done.stdout.split(" boxes")[0].split()[-1]), len(scores) - 1)

    def test_images_of_one_stem_are_named_and_nothing_is_overwritten(self):
        self.images("more/x", "photos")
        (self.folder / "more/b.png").write_bytes((self.folder / "photos/b.png").read_bytes())
        (self.folder / "more/b.bmp").write_bytes((self.folder / "photos/a/b/d.bmp").read_bytes())
        self.run_pretag("run", "more", "-o", "more_run", model=self.quick_model())
        for form in ("yolo", "voc", "kitti", "cvat", "fiftyone", "lightly"):
            done = self.convert("more_run", "--to", form, "--output", f"more_{form}")
            self.assertIn("1 images are left out, for one of the same name but another extension has their place: b.png",
                          done.stdout, form)
        for form in ("coco", "csv", "labelstudio"):
            self.assertNotIn("left out", self.convert("more_run", "--to", form, "--output", f"more_{form}").stdout)

    def test_mistakes_are_explained(self):
        (self.folder / "there").write_text("precious")
        (self.folder / "broken.xml").write_text("<annotations><image></annotations>")
        (self.folder / "evil.csv").write_text("filename,label,x1,y1,x2,y2\n../evil.jpg,car,0,0,1,1\n")
        for arguments, code, parts in [
                (["run", "--to", "cocoo", "--output", "x"], support.USAGE, ["did you mean coco"]),
                (["run", "--to", "coco", "--from", "zebra", "--output", "x"], support.USAGE, ["'zebra'", "kitti"]),
                (["missing", "--to", "coco", "--output", "x"], support.ERROR, ["missing", "no run folder", "--from"]),
                (["run", "--to", "coco", "--output", "there"], support.USAGE, ["there already", "--output"]),
                (["run", "--to", "coco", "--output", "x", "--scores"], support.USAGE, ["yolo and voc"]),
                (["run", "--to", "coco", "--output", "x", "--images", "y"], support.USAGE, ["labelstudio"]),
                (["run", "--to", "fiftyone", "--output", "x", "--images", "s3://b"], support.USAGE, ["s3://b", "a folder"]),
                (["--from", "csv", "evil.csv", "--to", "kitti", "--output", "x"], support.ERROR, ["../evil.jpg"]),
                (["--from", "cvat", "broken.xml", "--to", "csv", "--output", "x"], support.ERROR,
                 ["broken.xml", "not valid XML"]),
                (["--from", "dump", "run/data/bounding_boxes.json", "--to", "csv", "--output", "x"], support.USAGE,
                 ["--sizes"]),
                (["--from", "dump", "run/data/bounding_boxes.json", "--to", "lightly", "--output", "x"], support.USAGE,
                 ["--task"]),
                (["run", "--to", "lightly", "--task", "../up", "--output", "x"], support.USAGE, ["--task '../up'"]),
        ]:
            with self.subTest(arguments):
                self.assert_plain_error(self.convert(*arguments, code=code), *parts)
                self.assertFalse((self.folder / "x").exists())
        self.assertEqual((self.folder / "there").read_text(), "precious")
        self.convert("run", "--to", "lightly", "--output", "tasks")
        done = self.convert("run", "--to", "lightly", "--output", "tasks", code=support.USAGE)
        self.assert_plain_error(done, "lightly_pretagging", "--task")


if __name__ == "__main__":
    support.main()
