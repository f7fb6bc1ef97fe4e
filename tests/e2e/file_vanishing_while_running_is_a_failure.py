#!/usr/bin/env python3
"""A file that was there when the run began, and is gone when its turn comes, is one failure among good images."""

import os

import support


class FileVanishingWhileRunningIsAFailure(support.EndToEndTest):
    def test_a_file_deleted_after_listing(self):
        images = self.images("images", "wide")  # takes some time to decode
        names = [f"{number:02}.jpg" for number in range(16)]
        for name in names:
            os.link(images / "wide.jpg", images / name)
        (images / "wide.jpg").unlink()
        process = self.start_pretag("run", "images", "-o", "run", "pretagging=False", "num_threads=1")
        for event in support.events_of(process):
            if event["event"] == "started":
                (images / names[-1]).unlink()
        self.assertEqual(process.wait(), support.SOME_FAILED)
        self.assertEqual(support.reasons_of(self.folder / "run"), {names[-1]: "the file is gone"})

    def test_a_file_deleted_between_two_parts_of_a_run(self):
        images = self.images("images", "small", 3)
        (images / "bad.jpg").write_bytes(b"")
        model = self.quick_model()
        self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=model)
        before = support.dump_of(self.folder / "run")
        (images / "bad.jpg").unlink()
        (images / "00001.jpg").unlink()
        self.run_pretag("run", "images", "-o", "run", model=model)
        self.assertEqual(support.dump_of(self.folder / "run"), before)  # what was found in it stays
        self.assertEqual(support.reasons_of(self.folder / "run"), {})  # and nobody misses the bad one


if __name__ == "__main__":
    support.main()
