#!/usr/bin/env python3
"""Wrong settings, models and command lines end at once with one line that says what is wrong and what to do."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import support


class BadSettingsAreExplained(support.EndToEndTest):
    def refused(self, *arguments, code=support.USAGE, parts=(), env=None):
        done = self.run_pretag("run", "images", "-o", "run", *arguments, code=code, env=env)
        self.assert_plain_error(done, *parts)
        self.assertFalse((self.folder / "run/data").exists())

    def test_settings(self):
        self.images("images", "small", 1)
        for setting, parts in [
                ("pretaging=True", ["unknown key 'pretaging'", "did you mean 'pretagging'?"]),
                ("quux=1", ["unknown key 'quux'", "--help-config"]),
                ("pretagging=maybe", ["pretagging", "maybe", "true or false"]),
                ("num_threads=two", ["num_threads", "two", "integer"]),
                ("num_threads=0", ["num_threads", "1", "1024"]),
                ("score_threshold=1.5", ["score_threshold", "1.5", "0 to 1"]),
                ("precision=f64", ["precision", "f64", "bf16"]),
                ("pretagging", ["pretagging", "key=value"]),
                ("enable_training=True", ["enable_training", "later version"]),
                ("stopping_condition.n_samples=2.5", ["stopping_condition.n_samples is 2.5"]),
                ("selection.n_samples=0", ["selection.n_samples", "an integer >= 1"]),
                ("selection.proportion_samples=1.5", ["selection.proportion_samples", "0 to 1"]),
                ("method=random", ["method", "not how many to select"]),
                ("token=secret", ["token", "worker"]),
        ]:
            with self.subTest(setting):
                self.refused(setting, parts=parts)
        self.assertFalse((self.folder / "run").exists(), "a wrong setting leaves a run folder behind")

    def test_a_setting_in_the_place_of_the_images_is_not_taken_for_them(self):
        done = self.run_pretag("run", "pretagging=True", "-o", "run", code=support.USAGE)
        self.assertIn("give the images", done.stderr)

    def test_settings_that_have_no_effect_yet_are_warned_of(self):
        self.images("images", "small", 1)
        done = self.run_pretag("run", "images", "-o", "run", "pretagging=False", "uploadDataset=True")
        self.assertIn("warning: upload_dataset is accepted, but has no effect yet", done.stderr)

    def test_a_threshold_that_the_model_cuts_above_is_warned_of(self):
        self.images("images", "small", 1)
        cut = "the model finds no boxes with scores up to 0.05"
        for setting, warned in (("score_threshold=0.02", True), ("score_threshold=0.05", False)):
            done = self.run_pretag("run", "images", "-o", setting, setting, model=self.quick_model())
            self.assertEqual(f"warning: score_threshold=0.02: {cut}" in done.stderr, warned, done.stderr)

    def test_configuration_files(self):
        self.images("images", "small", 1)
        config = self.folder / "run.yaml"
        config.write_text("worker_config:\n  pretaging: True\n")
        self.refused("--config", "run.yaml", parts=["run.yaml", "2", "did you mean 'pretagging'?"])
        config.write_text("pretagging: [\n")
        self.refused("--config", "run.yaml", parts=["run.yaml"])
        self.refused("--config", "missing.yaml", code=support.ERROR, parts=["missing.yaml", "No such file"])
        config.write_text("workerConfig: {pretagging: False, numThreads: 1}\n")
        self.run_pretag("run", "images", "-o", "run", "--config", "run.yaml")
        self.assertIn("num_threads: 1\n", (self.folder / "run/config/config.yaml").read_text())

    def test_models(self):
        images = self.images("images", "small", 1)
        (self.folder / "models").mkdir()
        good = self.quick_model().read_bytes()
        (self.folder / "models/mine.safetensors").write_bytes(good)
        found = {"PRETAG_MODEL_PATH": str(self.folder / "models")}
        self.refused("model=yours", code=support.ERROR, env=found,
                     parts=["'yours' not found", self.folder / "models", "there is", "mine", "model=FILE"])
        self.refused("model=./missing.safetensors", code=support.ERROR, parts=["./missing.safetensors"])
        weights = self.folder / "weights.safetensors"
        (size,) = struct.unpack("<Q", good[:8])
        for name, content in [
                ("a picture", (images / "00000.jpg").read_bytes()),
                ("nothing", b""),
                ("a download that broke off", good[:len(good) * 2 // 3]),
                ("a header that broke off", good[:1000]),
                ("a header of absurd size", struct.pack("<Q", 1 << 62) + good[8:100_000]),
                ("a header without tensors", struct.pack("<Q", 2) + b"{}"),
                ("a header with garbage", good[:8] + b"x" * size + good[8 + size:]),
        ]:
            with self.subTest(name):
                weights.write_bytes(content)
                done = self.run_pretag("run", "images", "-o", "run", "model=weights.safetensors", code=support.ERROR)
                self.assert_plain_error(done, "weights.safetensors")
                self.assertLess(len(done.stderr), 600)
        # None of these claimed the run folder.
        self.run_pretag("run", "images", "-o", "run", "model=mine", env=found)

    def test_command_lines(self):
        for arguments in ([], ["walk"], ["run"], ["run", "images"], ["run", "--output", "run"],
                          ["run", "a", "-o", "b", "--what"], ["run", "a", "-o", "b", "--progress", "loud"]):
            with self.subTest(arguments):
                done = subprocess.run([self.pretag, *arguments], cwd=self.folder, capture_output=True, text=True,
                                      timeout=support.PATIENCE)
                self.assertEqual(done.returncode, support.USAGE)
                self.assertNotEqual(done.stderr.strip(), "")
        self.assertEqual(list(self.folder.iterdir()), [])

    @unittest.skipUnless(os.getuid() == 0, "only root can be another user for once")
    def test_a_server_of_another_user_is_not_called_absent(self):
        with tempfile.TemporaryDirectory() as place:  # where the program's own folder may be hidden, too
            os.chmod(place, 0o755)
            program = shutil.copy(self.pretag, place)
            (Path(place) / "server").mkdir(mode=0o700)
            done = subprocess.run([program, "token", "list", "--data", "server"], cwd=place, capture_output=True, text=True,
                                  timeout=support.PATIENCE, user=65534, group=65534, extra_groups=[])
        self.assertEqual(done.returncode, support.USAGE)
        self.assertIn("server/server.db: this user may not look there", done.stderr)
        self.assertIn("sudo -u pretag", done.stderr)

    def test_command_lines_are_told_what_was_meant(self):
        self.images("images", "small", 2)
        for arguments, hint in [
                (["runn"], "no command 'runn': did you mean 'run'?"),
                (["help"], "pretag --help"),
                (["run", "images", "-o", "run", "--accuracy", "fast"], "accuracy=VALUE"),
                (["run", "images/00000.jpg", "images/00001.jpg", "-o", "run"], "one folder"),
                (["run", "images", "-o", "run", "model=coco"], "pretag model pull coco"),
                (["select", "images", "selection.n_samples=1"], "images: is no run folder"),
                (["eval", "images", "--labels", "images"], "images: is no run folder"),
                (["token", "list", "--data", "images"], "images: holds no server"),
                (["worker", "token=t", "input_dir=nowhere", "output_dir=jobs"], "input_dir=nowhere"),
                (["worker", "sanity_check=True", "model=absent"], "model 'absent' not found"),
        ]:
            with self.subTest(arguments):
                done = subprocess.run([self.pretag, *arguments], cwd=self.folder, capture_output=True, text=True,
                                      timeout=support.PATIENCE)
                self.assertIn(done.returncode, (support.ERROR, support.USAGE))
                self.assertIn(hint, done.stderr)
        self.assertEqual(sorted(p.name for p in self.folder.rglob("*")), ["00000.jpg", "00001.jpg", "images"])

    def test_errors_are_json_where_progress_is(self):
        done = self.run_pretag("run", "nowhere", "-o", "run", "--progress", "json", code=support.ERROR)
        error = json.loads(done.stderr.splitlines()[-1])
        self.assertEqual((error["event"], error["exit_code"]), ("error", support.ERROR))
        self.assertIn("nowhere", error["message"])


if __name__ == "__main__":
    support.main()
