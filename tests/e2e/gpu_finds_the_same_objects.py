#!/usr/bin/env python3
"""device= computes on what OpenCL finds, and finds what the processor finds. PoCL makes a device of the processor."""

import contextlib
import json
import sqlite3

from support import ERROR, OK, USAGE, EndToEndTest, main


class GpuFindsTheSameObjects(EndToEndTest):
    def setUp(self):
        super().setUp()
        facts = json.loads(self.run_pretag("doctor", "--json").stdout)["facts"]
        self.assertTrue(facts["devices"], "OpenCL finds no device: scripts/install-dependencies --test installs PoCL")
        self.device, self.device_name = facts["devices"][0]["device"], facts["devices"][0]["name"]
        self.photos, self.model = self.images("photos", "small", 3), self.quick_model()

    def dump(self, run):
        return json.loads((self.folder / run / "data/bounding_boxes.json").read_text())

    def assert_alike(self, run, reference):
        for expected, found in zip(self.dump(reference), self.dump(run), strict=True):
            self.assertEqual(found["filename"], expected["filename"])
            self.assertEqual(found["labels"], expected["labels"])
            for score, same in zip(found["scores"], expected["scores"], strict=True):
                self.assertAlmostEqual(score, same, delta=1e-3)
            for box, same in zip(found["boxes"], expected["boxes"], strict=True):
                for side, as_before in zip(box, same, strict=True):
                    self.assertAlmostEqual(side, as_before, delta=2e-3)
        self.assertTrue(any(entry["labels"] for entry in self.dump(run)), "nothing was found to compare")

    def test_boxes_and_scores_are_those_of_the_processor(self):
        settings = ["score_threshold=0.1", f"model={self.model}"]
        self.run_pretag("run", self.photos, "-o", "cpu", "precision=f32", *settings)
        done = self.run_pretag("run", self.photos, "-o", "gpu", f"device={self.device}", "num_threads=2", *settings)
        self.assertIn(f"Computing in f32 on {self.device_name}", done.stderr)
        self.assert_alike("gpu", "cpu")
        report = json.loads((self.folder / "gpu/report.json").read_text())
        self.assertIn(self.device_name, json.dumps(report))

        # A run of the one does not go on with the other.
        mixed = self.run_pretag("run", self.photos, "-o", "gpu", "precision=f32", *settings, code=USAGE)
        self.assertIn("f32 on a GPU", mixed.stderr)
        again = self.run_pretag("run", self.photos, "-o", "gpu", f"device={self.device}", *settings)
        self.assertEqual(again.returncode, OK)

    def test_two_sizes_put_together_are_those_of_the_processor(self):
        settings = ["score_threshold=0.1", f"model={self.model}", "accuracy=best"]
        self.run_pretag("run", self.photos, "-o", "cpu", "precision=f32", *settings)
        self.run_pretag("run", self.photos, "-o", "gpu", f"device={self.device}", "num_threads=2", *settings)
        self.assert_alike("gpu", "cpu")

    def test_several_devices_share_the_images(self):
        if not self.device.startswith("opencl"):
            self.skipTest("only PoCL can be asked for two")
        settings = [f"model={self.model}", "score_threshold=0.1"]
        two, both = {"POCL_DEVICES": "pthread pthread"}, "device=opencl:0,opencl:1"
        self.run_pretag("run", self.photos, "-o", "one", f"device={self.device}", *settings)
        done = self.run_pretag("run", self.photos, "-o", "two", both, *settings, env=two)
        self.assertIn(f"Computing in f32 on 2 × {self.device_name}", done.stderr)
        self.assertEqual(self.dump("two"), self.dump("one"))
        unlike = self.run_pretag("run", self.photos, "-o", "none", both, *settings, code=USAGE,
                                 env={"POCL_DEVICES": "pthread basic"})
        self.assertIn("are not of one kind", unlike.stderr)
        none = self.run_pretag("run", self.photos, "-o", "none", "device=gpus", *settings, code=ERROR)
        self.assertIn("OpenCL finds no such device", none.stderr)

    def test_what_cannot_be_computed_on_is_explained(self):
        none = self.run_pretag("run", self.photos, "-o", "none", f"model={self.model}", "device=gpu:99", code=ERROR)
        self.assertIn(f"device=gpu:99: OpenCL finds no such device; it finds {self.device} (", none.stderr)
        unknown = self.run_pretag("run", self.photos, "-o", "none", f"model={self.model}", "device=cuda", code=USAGE)
        self.assertIn("device cannot be 'cuda'", unknown.stderr)
        twice = self.run_pretag("run", self.photos, "-o", "none", f"model={self.model}",
                                f"device={self.device},{self.device}", code=USAGE)
        self.assertIn(f"{self.device} is named twice", twice.stderr)
        integers = self.run_pretag(
            "run", self.photos, "-o", "none", f"model={self.model}", f"device={self.device}", "precision=int8", code=USAGE)
        self.assertIn("precision=int8: GPUs compute in f32", integers.stderr)

    def test_an_error_of_the_device_is_no_failure_of_the_image(self):
        if not self.device.startswith("opencl"):
            self.skipTest("only PoCL's memory can be limited")
        large = self.quick_model(longest=2200, shortest=1600)
        command = ["run", self.photos, "-o", "large", f"model={large}", f"device={self.device}"]
        failed = self.run_pretag(*command, "num_threads=1", code=USAGE, env={"POCL_MEMORY_LIMIT": "1"})
        self.assertIn("more memory in one piece than the GPU hands out", failed.stderr)
        with contextlib.closing(sqlite3.connect(self.folder / "large/run.db")) as ledger:
            pending = 0
            self.assertEqual(ledger.execute("SELECT DISTINCT state FROM images").fetchall(), [(pending,)])

    def test_a_worker_without_its_device_says_so_at_once(self):
        none = self.run_pretag("worker", "token=t", "sanity_check=True", "device=gpu:99", code=ERROR)
        self.assertIn("device=gpu:99: OpenCL finds no such device", none.stderr)
        self.run_pretag("worker", "token=t", "sanity_check=True", f"device={self.device}")
        integers = self.run_pretag("worker", "token=t", "sanity_check=True", f"device={self.device}", "precision=int8",
                                   code=USAGE)
        self.assertIn("precision=int8: GPUs compute in f32", integers.stderr)

    def test_a_run_whose_device_fails_goes_on(self):
        command = ["run", self.photos, "-o", "run", f"model={self.model}", f"device={self.device}", "num_threads=1"]
        for buffers in (0, 60, 150):
            failed = self.run_pretag(*command, code=ERROR, env=self.out_of_gpu_memory(buffers))
            self.assertRegex(failed.stderr, r"the GPU has no memory left, or has failed.*the same command goes on from here")
        self.run_pretag(*command)
        self.assertEqual(len(self.dump("run")), 3)
        self.assertEqual((self.folder / "run/filenames/corrupt_filenames.txt").read_text(), "")

    def test_auto_takes_the_processor_where_there_is_no_gpu(self):
        if self.device.startswith("gpu"):
            self.skipTest("this machine has a GPU")
        done = self.run_pretag("run", self.photos, "-o", "auto", "device=auto", f"model={self.model}")
        self.assertNotIn(f"on {self.device_name}", done.stderr)


if __name__ == "__main__":
    main()
