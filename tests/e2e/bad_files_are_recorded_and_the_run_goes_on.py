#!/usr/bin/env python3
"""Files that cannot be used are recorded with their reason; all others are done; the exit code tells."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import support


class BadFilesAreRecordedAndTheRunGoesOn(support.EndToEndTest):
    def test_bad_files_among_good_ones(self):
        images = self.images("images", "kinds")
        good = sorted(path.name for path in images.iterdir())
        self.images("images", "broken")
        (images / "empty.jpg").write_bytes(b"")
        (images / "text.jpg").write_text("This is not a picture.\n")
        (images / "page.png").write_text("<!DOCTYPE html><html><body>404</body></html>")
        (images / "animated.gif").write_bytes(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00"
                                              b"\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
        done = self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=self.quick_model())
        run = self.folder / "run"
        self.assertEqual(support.names_in_dump(run), good)
        expected = {
            "animated.gif": "GIF",
            "empty.jpg": "empty",
            "huge.png": "",  # too large, or too short for its size: either is true
            "page.png": "HTML",
            "text.jpg": "not an image",
            "truncated.png": "truncated",
            "truncated_10.jpg": "truncated",
            "truncated_50.jpg": "truncated",
            "truncated_90.jpg": "truncated",
        }
        reasons = support.reasons_of(run)
        self.assertEqual(list(reasons), sorted(expected))
        for name, part in expected.items():
            self.assertIn(part, reasons[name], name)
            self.assertNotIn(str(self.folder), reasons[name])
        self.assertEqual((run / "filenames/corrupt_filenames.txt").read_text().splitlines(), sorted(expected))
        report = json.loads((run / "report.json").read_text())
        self.assertEqual(report["images"], {"input": 19, "processed": 10, "corrupt": 9})
        self.assertIn("9 of 19 files could not be used: see run/filenames/corrupt_filenames.txt", done.stderr)

    def test_lists_of_an_earlier_run_are_not_left(self):
        images = self.images("images", "kinds")
        shutil.copy(images / "grey.jpg", images / "again.jpg")
        (images / "empty.jpg").write_bytes(b"")
        lists = ["filenames/corrupt_filenames.txt", "filenames/duplicate_filenames.txt", "corruptness_check_information.json"]
        model, run = self.quick_model(), self.folder / "run"
        self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=model)
        self.assertTrue(all((run / file).exists() for file in lists))
        done = self.run_pretag("run", "images", "-o", "run", "enable_corruptness_check=False", "remove_exact_duplicates=False",
                               code=support.SOME_FAILED, model=model)
        self.assertFalse(any((run / file).exists() for file in lists))
        self.assertIn("files could not be used: see run/report.html", done.stderr)

    def test_odd_names_and_links(self):
        images = self.images("images", "kinds")
        picture = (images / "grey.jpg").read_bytes()
        shutil.rmtree(images)
        names = ["comma, quote\".jpg", "größe/猫 🚲.jpg", "line\nbreak.jpg", "plain.JPG", "e\u0301.jpg", "\u00e9.jpg"]
        for name in names:
            (images / name).parent.mkdir(parents=True, exist_ok=True)
            (images / name).write_bytes(picture)
        Path(os.fsdecode(os.fsencode(images) + b"/latin-\xe9.jpg")).write_bytes(picture)
        (images / "itself.jpg").symlink_to("itself.jpg")
        (images / "nowhere.jpg").symlink_to("missing.jpg")
        (images / "good link.jpg").symlink_to("plain.JPG")
        (images / "größe/loop").symlink_to("..")
        os.mkfifo(images / "pipe.jpg")
        done = self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=self.quick_model())
        run = self.folder / "run"
        usable = sorted([*names, "good link.jpg"], key=str.encode)
        self.assertEqual(support.names_in_dump(run), usable)
        self.assertEqual(len({json.dumps(entry["boxes"]) for entry in support.dump_of(run)}), 1)
        reasons = support.reasons_of(run)
        self.assertEqual(set(reasons), {"latin-\\xE9.jpg", "größe/loop/", "pipe.jpg"})
        self.assertIn("not UTF-8", reasons["latin-\\xE9.jpg"])
        self.assertIn("contains itself", reasons["größe/loop/"])
        self.assertIn("regular file", reasons["pipe.jpg"])
        # A line is a name, and a comma does not make a column: what the format cannot hold is left out and said.
        _, rows = support.embeddings_of(run)
        unusual = ["comma, quote\".jpg", "line\nbreak.jpg"]
        self.assertEqual([row[0] for row in rows], [name for name in usable if name not in unusual])
        self.assertEqual(done.stderr.count("is not in data/embeddings.csv"), 2)
        self.assertEqual(len((run / "filenames/corrupt_filenames.txt").read_text().splitlines()), 3)
        for name in usable:
            prediction = run / "data/.lightly/predictions/lightly_pretagging" / (name.rpartition(".")[0] + ".json")
            self.assertEqual(json.loads(prediction.read_text(encoding="utf-8"))["file_name"], name)

    def test_files_and_folders_without_permission(self):
        images = self.images("images", "kinds")
        (images / "locked").mkdir()
        (images / "locked/inside.jpg").write_bytes((images / "grey.jpg").read_bytes())
        readable = sorted(path.name for path in images.iterdir() if path.is_file() and path.name != "grey.jpg")
        self.folder.chmod(0o755)
        program = shutil.copy(self.pretag, self.folder / "pretag")  # where it is built nobody may be allowed to look
        command = [program, "run", str(images), "-o", str(self.folder / "out/run"), "pretagging=False"]
        (self.folder / "out").mkdir(mode=0o777)
        (self.folder / "out").chmod(0o777)
        if os.geteuid() == 0:
            command = support.as_nobody(command)
            if command is None:
                self.skipTest("setpriv is missing, and root may read everything")
        (images / "grey.jpg").chmod(0)
        (images / "locked").chmod(0)
        self.addCleanup((images / "locked").chmod, 0o755)
        self.assertEqual(subprocess.run(command, capture_output=True, timeout=support.PATIENCE).returncode,
                         support.SOME_FAILED)
        reasons = support.reasons_of(self.folder / "out/run")
        self.assertEqual(list(reasons), ["grey.jpg", "locked/"])
        for reason in reasons.values():
            self.assertIn("Permission denied", reason)
        report = json.loads((self.folder / "out/run/report.json").read_text())
        self.assertEqual(report["images"]["processed"], len(readable))

    def test_a_run_of_bad_files_only_still_reports(self):
        images = self.folder / "images"
        images.mkdir()
        (images / "empty.jpg").write_bytes(b"")
        self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=self.quick_model())
        self.assertEqual(support.dump_of(self.folder / "run"), [])
        self.assertEqual(support.reasons_of(self.folder / "run"), {"empty.jpg": "file is empty"})
        self.assertTrue((self.folder / "run/report.html").exists())


if __name__ == "__main__":
    support.main()
