#!/usr/bin/env python3
"""Computing in int8: a model is measured on pictures, by a command or by the run itself."""

import json
import shutil

import support


class Int8NeedsNoLabels(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        if "AVX2" not in json.dumps(self.doctor()["facts"]["processor"]["features"]):
            self.skipTest("this processor cannot compute in int8")

    def log(self, run):
        return (self.folder / run / "log.txt").read_text()

    def test_a_run_measures_a_model_that_was_not(self):
        self.images("photos", "photos")
        model = self.quick_model(160)
        self.run_pretag("run", "photos", "-o", "int8", "precision=int8", "score_threshold=0.05", model=model)
        ranges = json.loads((self.folder / "int8/config/activation_ranges.json").read_text())
        self.assertEqual(ranges["images"], len(support.dump_of(self.folder / "int8")))
        self.assertIn("Measuring on", self.log("int8"))
        self.assertEqual(json.loads((self.folder / "int8/report.json").read_text())["job"]["precision"], "int8")
        # The same again, and with another number of threads.
        self.run_pretag("run", "photos", "-o", "again", "precision=int8", "score_threshold=0.05", "num_threads=3",
                        model=model)
        self.assertEqual(support.result_files(self.folder / "int8"), support.result_files(self.folder / "again"))

    def test_a_resumed_run_keeps_what_it_measured(self):
        images = self.images("images", "small", 6)
        model = self.quick_model(160)
        self.run_pretag("run", "images", "-o", "run", "precision=int8", model=model)
        path = self.folder / "run/config/activation_ranges.json"
        before = path.read_bytes()
        shutil.copy(images / "00000.jpg", images / "zz.jpg")
        self.run_pretag("run", "images", "-o", "run", "precision=int8", model=model)
        self.assertEqual(path.read_bytes(), before)
        path.write_text("{}")
        shutil.copy(images / "00000.jpg", images / "zzz.jpg")
        done = self.run_pretag("run", "images", "-o", "run", "precision=int8", code=support.ERROR, model=model)
        self.assert_plain_error(done, "activation_ranges.json", "'images'")

    def test_a_measured_model_is_taken_by_auto(self):
        images = self.images("photos", "photos")
        model = self.quick_model(160)
        shutil.copy(model, self.folder / "mine.safetensors")
        done = self.run_pretag("model", "quantize", "mine.safetensors", images, "--images", "3")
        self.assertIn("3 images", done.stdout)
        self.assertIn("mine.ranges.json", done.stdout)
        self.run_pretag("model", "convert", "mine.safetensors", "whole.safetensors", "--dtype", "int8")
        native = self.doctor()["facts"]["precision"]["auto"] == "int8"
        for name in ("mine", "whole"):
            info = self.run_pretag("model", "info", f"{name}.safetensors").stdout
            self.assertIn("measured on 3 images", info)
            self.run_pretag("run", images, "-o", f"run_{name}", model=self.folder / f"{name}.safetensors")
            self.assertEqual("Computing in int8" in self.log(f"run_{name}"), native)
        # Without the file beside it nothing is known.
        (self.folder / "mine.ranges.json").unlink()
        self.assertIn("quantize", self.run_pretag("model", "info", "mine.safetensors").stdout)

    def test_other_ranges_do_not_get_into_a_run(self):
        self.images("images", "small", 2)
        model = self.quick_model(160)
        ranges = model.with_suffix(".ranges.json")
        self.run_pretag("model", "quantize", model, "images")
        self.run_pretag("run", "images", "-o", "run", "precision=int8", model=model)
        ranges.write_text(ranges.read_text().replace('"images": 2', '"images": 3'))
        done = self.run_pretag("run", "images", "-o", "run", "precision=int8", code=support.USAGE, model=model)
        self.assert_plain_error(done, "activation ranges", "<model>.ranges.json", "another output folder")

    def test_a_run_goes_on_with_what_it_measured_though_the_model_was_measured_since(self):
        images = self.images("images", "small", 3)
        model = self.quick_model(160)
        self.run_pretag("run", "images", "-o", "run", "precision=int8", model=model)
        self.assertIn("'pretag model quantize' does it once for all runs", self.log("run"))
        path = self.folder / "run/config/activation_ranges.json"
        before = path.read_bytes()
        self.run_pretag("model", "quantize", model, "images", "--images", "1")
        shutil.copy(images / "00000.jpg", images / "zz.jpg")
        self.run_pretag("run", "images", "-o", "run", "precision=int8", model=model)
        self.assertEqual(path.read_bytes(), before)
        dump = support.dump_of(self.folder / "run")
        self.assertEqual(dump[0]["boxes"], dump[-1]["boxes"])

    def test_ranges_of_another_model_are_not_taken(self):
        images = self.images("images", "small", 2)
        model = self.quick_model(160)
        shutil.copy(model, self.folder / "mine.safetensors")
        self.run_pretag("model", "quantize", "mine.safetensors", images)
        shutil.copy(self.quick_model(192), self.folder / "mine.safetensors")  # trained on, say
        done = self.run_pretag("run", images, "-o", "run", "precision=int8", code=support.ERROR,
                               model=self.folder / "mine.safetensors")
        self.assert_plain_error(done, "mine.ranges.json", "another model", "pretag model quantize")
        # Who does not ask for int8 is not kept from computing by them, nor is who measures anew.
        mine = self.folder / "mine.safetensors"
        self.assertNotIn("warning", self.run_pretag("run", images, "-o", "f32", "precision=f32", model=mine).stderr)
        done = self.run_pretag("run", images, "-o", "auto", model=mine)
        self.assertIn("warning: " + str(mine.with_suffix(".ranges.json")), done.stderr)
        self.run_pretag("model", "quantize", "mine.safetensors", images, "-o", "mine-int8.safetensors")
        self.run_pretag("model", "quantize", "mine.safetensors", images)
        self.run_pretag("run", images, "-o", "run", "precision=int8", model=self.folder / "mine.safetensors")

    def test_a_new_measurement_replaces_the_one_in_the_file(self):
        images = self.images("photos", "photos")
        self.run_pretag("model", "quantize", self.quick_model(160), images, "--images", "3", "-o", "mine.safetensors")
        self.assertIn("measured on 3 images", self.run_pretag("model", "info", "mine.safetensors").stdout)
        self.run_pretag("model", "quantize", "mine.safetensors", images, "--images", "2")
        self.assertIn("measured on 2 images", self.run_pretag("model", "info", "mine.safetensors").stdout)

    def test_what_cannot_be_measured_is_explained(self):
        model = self.quick_model(160)
        (self.folder / "empty").mkdir()
        (self.folder / "damaged").mkdir()
        (self.folder / "damaged/a.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
        for folder, part in (("empty", "there is none"), ("damaged", "a.jpg"), ("missing", "missing")):
            with self.subTest(folder):
                done = self.run_pretag("model", "quantize", model, folder, code=support.USAGE if folder != "missing" else support.ERROR)
                self.assertIn(part, done.stderr)
        done = self.run_pretag("run", "damaged", "-o", "none", "precision=int8", code=support.USAGE, model=model)
        self.assert_plain_error(done, "no image to measure", "precision=f32")
        model.with_suffix(".ranges.json").write_text('{"images": 1, "layers": {"a": {"limit": 1, "sqnr_db": 30}}}')
        self.images("images", "small", 1)
        done = self.run_pretag("run", "images", "-o", "run", "precision=int8", code=support.ERROR, model=model)
        self.assert_plain_error(done, "activation ranges", "backbone.body.conv1", "pretag model quantize")


if __name__ == "__main__":
    support.main()
