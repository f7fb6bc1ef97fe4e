#!/usr/bin/env python3
"""A run folder takes more images and repaired ones, but no results of another model or other settings."""

import json
import shutil

import support


class ResumedRunMustBeTheSame(support.EndToEndTest):
    def contents(self):
        run = self.folder / "run"
        return {str(p): p.read_bytes() for p in run.rglob("*") if p.is_file() and p.name not in ("log.txt", "run.db")}

    def test_other_settings_are_refused_and_harm_nothing(self):
        self.images("images", "small", 2)
        shutil.copytree(self.folder / "images", self.folder / "other")
        model = self.quick_model()
        self.run_pretag("run", "images", "-o", "run", "max_detections=50", model=model)
        before = self.contents()
        (self.folder / "list.txt").write_text("00000.jpg\n")
        other_model = self.folder / "other.safetensors"
        shutil.copy(model, other_model)
        with open(other_model, "r+b") as file:  # one other weight
            file.seek(-1, 2)
            byte = file.read(1)
            file.seek(-1, 2)
            file.write(bytes([byte[0] ^ 1]))
        refused = [
            ("model checksum", ["images", "max_detections=50"], other_model),
            ("max_detections '50'", ["images", "max_detections=60"], model),
            ("accuracy 'full'", ["images", "max_detections=50", "accuracy=fast"], model),
            ("pretagging 'true'", ["images", "pretagging=False"], model),
            ("input folder", ["other", "max_detections=50"], model),
            ("relevant_filenames_file", ["images", "max_detections=50", "relevant_filenames_file=list.txt"], model),
            ("use_frame_count_metadata 'false'", ["images", "max_detections=50", "use_frame_count_metadata=True"], model),
        ]
        for part, arguments, with_model in refused:
            with self.subTest(part):
                done = self.run_pretag("run", *arguments, "-o", "run", code=support.USAGE, model=with_model)
                self.assert_plain_error(done, "the output folder holds a run with", part, "another output folder")
                self.assertEqual(self.contents(), before)

    def test_what_does_not_change_results_may_change(self):
        self.images("images", "small", 4)
        model = self.quick_model()
        self.run_pretag("run", "images", "-o", "run", "num_threads=1", "score_threshold=0.3", model=model)
        few = sum(len(entry["boxes"]) for entry in support.dump_of(self.folder / "run"))
        shutil.copy(model, self.folder / "renamed.safetensors")
        done = self.run_pretag("run", "images/", "-o", "run", "num_threads=2", "score_threshold=0.1",
                               model=self.folder / "renamed.safetensors")
        self.assertIn("Pretagging: 4/4 (100 %)", done.stderr)
        self.assertGreater(sum(len(entry["boxes"]) for entry in support.dump_of(self.folder / "run")), few)

    def test_new_and_repaired_images_are_picked_up(self):
        images = self.images("images", "small", 4)
        good = (images / "00003.jpg").read_bytes()
        (images / "00003.jpg").write_bytes(good[:len(good) // 2])
        (images / "empty.png").write_bytes(b"")
        model = self.quick_model()
        run = self.folder / "run"
        self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=model)
        self.assertEqual(list(support.reasons_of(run)), ["00003.jpg", "empty.png"])
        first = support.dump_of(run)

        (images / "00003.jpg").write_bytes(good)
        (images / "a new folder").mkdir()
        shutil.copy(images / "00000.jpg", images / "a new folder/again.jpg")
        self.run_pretag("run", "images", "-o", "run", code=support.SOME_FAILED, model=model)
        second = support.dump_of(run)
        self.assertEqual([entry["filename"] for entry in second],
                         ["00000.jpg", "00001.jpg", "00002.jpg", "00003.jpg", "a new folder/again.jpg"])
        self.assertEqual(second[:3], first)
        self.assertEqual(second[4]["boxes"], second[0]["boxes"])
        self.assertEqual(list(support.reasons_of(run)), ["empty.png"])
        self.assertEqual(json.loads((run / "report.json").read_text())["images"],
                         {"input": 6, "processed": 5, "corrupt": 1})

    def test_results_of_images_that_are_away_stay(self):
        images = self.images("images", "small", 3)
        (self.folder / "names.txt").write_text("00000.jpg\n00001.jpg\n00002.jpg\n")
        settings = ["relevant_filenames_file=names.txt"]
        self.run_pretag("run", "images", "-o", "run", *settings, model=self.quick_model())
        first = support.dump_of(self.folder / "run")
        (images / "00001.jpg").unlink()
        done = self.run_pretag("run", "images", "-o", "run", *settings, model=self.quick_model())
        self.assertIn("00001.jpg", done.stderr)
        self.assertEqual(support.dump_of(self.folder / "run"), first)


if __name__ == "__main__":
    support.main()
