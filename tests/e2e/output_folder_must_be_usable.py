#!/usr/bin/env python3
"""An output folder that cannot be used is an error before any work is done, and nothing in it is harmed."""

import os
import shutil
import subprocess

import support


class OutputFolderMustBeUsable(support.EndToEndTest):
    def refused(self, output, code, *parts):
        done = self.run_pretag("run", "images", "-o", output, "pretagging=False", code=code)
        self.assert_plain_error(done, *parts)

    def test_a_folder_of_something_else_is_refused(self):
        self.images("images", "small", 1)
        precious = self.folder / "precious"
        precious.mkdir()
        (precious / "thesis.txt").write_text("years of work")
        self.refused("precious", support.USAGE, "precious", "thesis.txt", "choose another output folder")
        self.assertEqual([path.name for path in precious.iterdir()], ["thesis.txt"])
        self.refused("images", support.USAGE, "images", "00000.jpg", "choose another output folder")
        self.assertEqual([path.name for path in (self.folder / "images").iterdir()], ["00000.jpg"])

    def test_a_file_is_no_folder(self):
        self.images("images", "small", 1)
        (self.folder / "file").write_text("content")
        self.refused("file", support.ERROR, "file", "Not a directory")
        self.refused("file/run", support.ERROR, "file/run", "Not a directory")
        self.assertEqual((self.folder / "file").read_text(), "content")

    def test_a_damaged_ledger_is_an_error(self):
        self.images("images", "small", 1)
        (self.folder / "run").mkdir()
        (self.folder / "run/run.db").write_bytes(b"not a database, whatever it is " * 200)
        self.refused("run", support.ERROR, "run/run.db", "not an SQLite file")

    def test_missing_parents_are_made(self):
        self.images("images", "small", 1)
        self.run_pretag("run", "images", "-o", "a/b c/ü/run", "pretagging=False")
        self.assertTrue((self.folder / "a/b c/ü/run/report.html").exists())

    def test_a_read_only_place(self):
        self.images("images", "small", 1)
        self.folder.chmod(0o755)
        (self.folder / "locked").mkdir(mode=0o555)
        command = [shutil.copy(self.pretag, self.folder / "pretag"), "run", "images", "-o", "locked/run",
                   "pretagging=False"]
        if os.geteuid() == 0:
            command = support.as_nobody(command)
            if command is None:
                self.skipTest("setpriv is missing, and root may write everywhere")
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, support.ERROR, done.stderr)
        self.assertIn("pretag run: locked/run: Permission denied; check the permissions or choose another folder",
                      done.stderr)


if __name__ == "__main__":
    support.main()
