#!/usr/bin/env python3
"""A disk that fills up ends the run with a clear error, half-written files are not seen, and with more space the same
command goes on to the end. Needs root, for a small file system of its own."""

import contextlib
import json
import os
import shutil
import subprocess

import support

IMAGES = 30


class FullDiskIsReportedAndResumable(support.EndToEndTest):
    def mount(self, kilobytes):
        """A file system of that size at `disk`, also if there is one already."""
        disk = self.folder / "disk"
        options = f"size={kilobytes}k"
        if os.path.ismount(disk):
            subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)
            return
        if os.geteuid() != 0 or not shutil.which("mount"):
            self.skipTest("only root can mount a small file system")
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "pretag-e2e", disk], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk])

    def check_what_is_there(self, run):
        """Whatever exists is whole."""
        for path in run.rglob("*.json"):
            json.loads(path.read_text())
        for path in run.rglob("*.html"):
            self.assertIn("</html>", path.read_text())
        if (run / "data/embeddings.csv").exists():
            self.assertEqual(len(support.embeddings_of(run)[1]), IMAGES)
        self.assert_no_leftovers(run)

    def test_the_disk_grows_until_the_run_fits(self):
        self.images("images", "small", IMAGES)
        command = ["run", self.folder / "images", "score_threshold=0.1"]
        model = self.quick_model()
        self.run_pretag(*command, "-o", "undisturbed", model=model)
        self.mount(16)
        run = self.folder / "disk/run"
        failures = []
        with contextlib.suppress(FileNotFoundError):  # the first disk may be too small for any file
            self.check_what_is_there(run)
        # Too small for an empty ledger, for the results, for the dump and its companions, and for the plots.
        for kilobytes in (16, 200, 330, 450, 700, 8000):
            self.mount(kilobytes)
            done = subprocess.run(self.command(*command, "-o", run, model=model), capture_output=True, text=True,
                                  timeout=support.PATIENCE)
            self.check_what_is_there(run)
            if done.returncode == support.OK:
                break
            self.assertEqual(done.returncode, support.ERROR, done.stderr)
            self.assert_plain_error(done, run)
            self.assertRegex(done.stderr.strip().splitlines()[-1], "No space left on device|disk is full")
            failures.append(kilobytes)
        self.assertEqual(done.returncode, support.OK, done.stderr)
        self.assertGreaterEqual(len(failures), 3, f"full only at {failures}")
        self.assertEqual(support.result_files(run), support.result_files(self.folder / "undisturbed"))

    def test_a_disk_that_fills_up_while_outputs_are_written(self):
        self.images("images", "small", IMAGES)
        command = ["run", self.folder / "images", "score_threshold=0.1"]
        model = self.quick_model()
        self.mount(8000)
        run = self.folder / "disk/run"
        self.run_pretag(*command, "-o", run, model=model)
        before = support.result_files(run)
        space = os.statvfs(run)
        (self.folder / "disk/ballast").write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - 16384)))
        done = self.run_pretag(*command, "-o", run, code=support.ERROR, model=model)
        self.assert_plain_error(done, run)
        self.check_what_is_there(run)
        self.assertEqual(support.result_files(run), before)  # the results of before are still there, and whole
        (self.folder / "disk/ballast").unlink()
        self.run_pretag(*command, "-o", run, model=model)
        self.assertEqual(support.result_files(run), before)


if __name__ == "__main__":
    support.main()
