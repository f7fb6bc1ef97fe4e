#!/usr/bin/env python3
"""A run that several programs share out among them ends, once merged, as if one had done it all."""

import hashlib
import json
import shutil
import signal
import sqlite3

import support

SHARDS = 3
IMAGES = 40
SETTINGS = ["num_threads=1", "score_threshold=0.1", "selection.n_samples=7"]


class ShardsAreMerged(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.pictures = self.images("images", "small", IMAGES)
        (self.pictures / "sub").mkdir()
        shutil.copy(self.pictures / "00003.jpg", self.pictures / "sub/twin.jpg")
        (self.pictures / "broken.jpg").write_bytes(b"not an image")

    def shard(self, number, *settings, output="run", count=SHARDS, code=support.OK, env=None, images="images"):
        return self.run_pretag("run", images, "-o", output, "--shard", f"{number}/{count}", *SETTINGS, *settings,
                               model=self.quick_model(), code=code, env=env)

    def merge(self, *settings, output="run", code=support.SOME_FAILED):
        return self.run_pretag("merge", output, *settings, code=code)

    def results_of_one(self, *settings, images="images"):
        """Of a single program, with the data that depends on the run's place left out."""
        self.run_pretag("run", images, "-o", "one", *SETTINGS, *settings, model=self.quick_model(),
                        code=support.SOME_FAILED)
        return support.result_files(self.folder / "one")

    def test_what_is_merged_is_what_one_program_would_have_written(self):
        expected = self.results_of_one()
        for number in range(1, SHARDS + 1):
            done = self.shard(number)
            self.assertIn(f"Shard {number} of {SHARDS} is done", done.stderr)
            self.assertIn("pretag merge run", done.stderr)
            self.assertFalse((self.folder / "run/data").exists(), "results of a part")
        done = self.merge()
        self.assertIn("Selected 7 images", done.stderr)
        self.assertIn("1 of 42 files could not be used", done.stderr)
        self.assertEqual(support.result_files(self.folder / "run"), expected)
        report = json.loads((self.folder / "run/report.json").read_text())
        one = json.loads((self.folder / "one/report.json").read_text())
        self.assertEqual(report["job"]["threads"], SHARDS)
        self.assertIn(f"{SHARDS} × ", report["job"]["machine"])
        for part in ("job", "umap"):  # times
            report.pop(part, None), one.pop(part, None)
        self.assertEqual(report, one)
        self.assert_no_leftovers(self.folder / "run")

        # The run folder is one like any other.
        self.run_pretag("report", "run")
        self.run_pretag("select", "run", "selection.n_samples=3")
        self.assertEqual(len((self.folder / "run/filenames/sampled_filenames.txt").read_text().split()), 3)
        log = self.run_pretag("run", "images", "-o", "run", *SETTINGS, model=self.quick_model(),
                              code=support.SOME_FAILED).stderr
        self.assertIn("Pretagging: 41/42", log)
        self.assertEqual(support.result_files(self.folder / "run"), expected)

    def test_a_merge_selects_otherwise_if_asked_and_can_be_repeated(self):
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge("selection.n_samples=12")
        sampled = self.folder / "run/filenames/sampled_filenames.txt"
        self.assertEqual(len(sampled.read_text().splitlines()), 12)
        # A file that was mended since, by its shard alone.
        shutil.copy(self.pictures / "00000.jpg", self.pictures / "broken.jpg")
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge(code=support.OK)
        self.assertEqual(len(sampled.read_text().splitlines()), 7)
        self.assertEqual(support.result_files(self.folder / "run"), self.results_of_mended())
        self.assert_plain_error(self.merge("precision=f32", code=support.USAGE), "precision", "pretag run")

    def results_of_mended(self):
        self.run_pretag("run", "images", "-o", "mended", *SETTINGS, model=self.quick_model())
        return support.result_files(self.folder / "mended")

    def test_a_killed_shard_goes_on_and_is_not_merged_before(self):
        self.images("images", "small", 400)  # so that the shard is not done before it is killed
        self.shard(1), self.shard(3)
        process = self.start_pretag("run", "images", "-o", "run", "--shard", f"2/{SHARDS}", *SETTINGS,
                                    model=self.quick_model())
        for event in support.events_of(process):
            if event["event"] == "progress" and event["done"] > 0:
                process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL)
        self.assert_plain_error(self.merge(code=support.ERROR), "1 of 3 shards are not done", "2/3")
        self.assertFalse((self.folder / "run/report.html").exists())
        self.shard(2)
        self.merge()
        self.assertEqual(support.result_files(self.folder / "run"), self.results_of_one())

    def test_a_killed_merge_is_made_anew(self):
        for number in range(1, SHARDS + 1):
            self.shard(number)
        for event in ("started", "finished"):
            process = self.start_pretag("merge", "run")
            for found in support.events_of(process):
                if found["event"] == event:
                    process.send_signal(signal.SIGKILL)
            process.wait()
            # Nobody takes a part for the whole.
            self.run_pretag("convert", "run", "--to", "coco", "-o", "part.json",
                            code=support.OK if (self.folder / "run/run.db").exists() else support.ERROR)
        self.merge()
        self.assertEqual(support.result_files(self.folder / "run"), self.results_of_one())

    def test_what_came_after_a_merge_is_not_lost_in_the_next_one(self):
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge()
        shutil.copy(self.pictures / "00001.jpg", self.pictures / "later.jpg")
        self.run_pretag("run", "images", "-o", "run", *SETTINGS, model=self.quick_model(), code=support.SOME_FAILED)
        self.assert_plain_error(self.merge(code=support.USAGE), "run.db knows 42 images", "the shards 41")
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge()
        self.assertIn("later.jpg", support.names_in_dump(self.folder / "run"))
        # Nor is what is gone kept.
        (self.pictures / "later.jpg").unlink()
        for folder in (self.folder / "run/shards").glob("*-of-*"):
            shutil.rmtree(folder)
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.assert_plain_error(self.merge(code=support.USAGE), "run.db knows 42 images")
        (self.folder / "run/run.db").unlink()
        self.merge()
        self.assertNotIn("later.jpg", support.names_in_dump(self.folder / "run"))

    def test_a_file_that_no_shard_could_look_at_is_mended_by_its_own_shard_alone(self):
        first = "7.jpg"  # of which the others tell, too, that it cannot be looked at
        self.assertEqual(int(hashlib.sha256(first.encode()).hexdigest()[:16], 16) % SHARDS, 0)
        (self.pictures / first).symlink_to("n" * 300)
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge()
        self.assertIn(first, (self.folder / "run/filenames/corrupt_filenames.txt").read_text().split())
        (self.pictures / first).unlink()
        shutil.copy(self.pictures / "00000.jpg", self.pictures / first)
        self.shard(1)
        self.merge()
        self.assertIn(first, support.names_in_dump(self.folder / "run"))

    def test_an_unreadable_file_that_was_removed_is_no_loss(self):
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge()
        (self.pictures / "broken.jpg").unlink()
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge(code=support.OK)
        self.assertEqual((self.folder / "run/filenames/corrupt_filenames.txt").read_text(), "")

    def test_a_selection_file_comes_along(self):
        selection = self.folder / "selection.json"
        selection.write_text(json.dumps({"n_samples": 6, "strategies": [{"input": {"type": "EMBEDDINGS"},
                                                                        "strategy": {"type": "DIVERSITY"}}]}))
        for number in range(1, SHARDS + 1):
            self.run_pretag("run", "images", "-o", "run", "--shard", f"{number}/{SHARDS}", "selection=selection.json",
                            model=self.quick_model())
        selection.write_text("{}")
        self.merge()
        self.assertEqual(len((self.folder / "run/filenames/sampled_filenames.txt").read_text().splitlines()), 6)
        selection.write_text(json.dumps({"n_samples": 5}))
        self.merge("selection=selection.json")  # as it is now
        self.assertEqual(len((self.folder / "run/filenames/sampled_filenames.txt").read_text().splitlines()), 5)
        self.run_pretag("run", "images", "-o", "run", "--shard", f"2/{SHARDS}", "selection=selection.json",
                        model=self.quick_model())
        self.assert_plain_error(self.merge(code=support.USAGE), "shard 2 of 3", "another content of selection")

    def test_an_empty_shard_is_none(self):
        done = self.run_pretag("run", "images", "-o", "run", "--shard", "", *SETTINGS, model=self.quick_model(),
                               code=support.USAGE)
        self.assert_plain_error(done, "--shard")

    def test_shards_of_different_settings_are_told_before_they_work(self):
        self.shard(1)
        self.assert_plain_error(self.shard(2, "accuracy=fast", code=support.USAGE), "accuracy 'full'", "'fast'")
        self.assert_plain_error(self.shard(2, count=4, code=support.USAGE), "a number of '3'")
        self.shard(2), self.shard(3, "score_threshold=0.2")
        self.assert_plain_error(self.merge(code=support.USAGE), "score_threshold=0.2", "score_threshold=0.1")
        self.shard(3)
        self.merge()

    def test_shards_of_machines_that_share_no_disk_are_brought_together(self):
        expected = self.results_of_one()
        for number in range(1, SHARDS + 1):
            self.shard(number, output=f"machine{number}")
            shutil.copytree(self.folder / f"machine{number}", self.folder / "run", dirs_exist_ok=True)
        self.merge()
        self.assertEqual(support.result_files(self.folder / "run"), expected)
        # There was nobody to tell the second that its accuracy is not that of the others.
        shutil.rmtree(self.folder / "run")
        self.shard(2, "accuracy=fast", output="other")
        for machine in ("other", "machine1", "machine3"):
            shutil.copytree(self.folder / machine, self.folder / "run", dirs_exist_ok=True)
        self.assert_plain_error(self.merge(code=support.USAGE), "accuracy 'full'", "shard 2 of 3 has 'fast'")

    def test_a_run_of_one_program_and_shards_do_not_mix(self):
        self.shard(1)
        self.assert_plain_error(
            self.run_pretag("run", "images", "-o", "run", *SETTINGS, model=self.quick_model(), code=support.USAGE),
            "pretag merge run")
        self.run_pretag("run", "images", "-o", "one", *SETTINGS, model=self.quick_model(), code=support.SOME_FAILED)
        self.assert_plain_error(self.shard(1, output="one", code=support.USAGE), "choose another output folder")
        self.assert_plain_error(self.merge(output="one", code=support.USAGE), "--shard")

    def test_a_scheduler_says_which_shard_it_is(self):
        for task in range(10, 10 + SHARDS):
            environment = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "10",
                           "SLURM_ARRAY_TASK_COUNT": str(SHARDS)}
            done = self.run_pretag("run", "images", "-o", "run", "--shard", "auto", *SETTINGS,
                                   model=self.quick_model(), env=environment)
            self.assertIn(f"Shard {task - 9} of {SHARDS} is done", done.stderr)
        self.merge()
        log = self.run_pretag("run", "images", "-o", "alone", *SETTINGS, model=self.quick_model(),
                              code=support.SOME_FAILED, env={"JOB_COMPLETION_INDEX": "0"}).stderr
        self.assertIn("a task of an array of Kubernetes", log)
        self.assert_plain_error(
            self.run_pretag("run", "images", "-o", "other", "--shard", "auto", *SETTINGS, model=self.quick_model(),
                            code=support.USAGE, env={"JOB_COMPLETION_INDEX": "0"}), "auto/8")

    def test_few_images_leave_shards_empty(self):
        few = self.images("few", "small", 2)
        for number in range(1, 7):
            self.shard(number, output="run", count=6, images="few")
        self.merge(code=support.OK)
        self.assertEqual(support.names_in_dump(self.folder / "run"), sorted(p.name for p in few.iterdir()))
        (self.folder / "none").mkdir()
        self.shard(1, output="empty", count=1, images="none")
        self.assert_plain_error(self.merge(output="empty", code=support.ERROR), "found no images")

    def test_videos_and_lists_are_shared_out_too(self):
        videos = self.images("videos", "videos")
        names = [path.name for path in videos.iterdir()]
        (self.folder / "list.txt").write_text("\n".join([*names, "gone.jpg"]))
        settings = ["relevant_filenames_file=list.txt"]
        expected = self.results_of_one(*settings, images="videos")
        for number in range(1, SHARDS + 1):
            self.shard(number, *settings, images="videos")
        self.merge()
        self.assertEqual(support.result_files(self.folder / "run"), expected)
        self.assertIn("gone.jpg", support.reasons_of(self.folder / "run"))

    def test_a_shard_without_measured_ranges_does_not_measure_its_own(self):
        self.assert_plain_error(self.shard(1, "precision=int8", code=support.USAGE), "pretag model quantize")

    def test_object_embeddings_survive(self):
        self.results_of_one()
        for number in range(1, SHARDS + 1):
            self.shard(number)
        self.merge()

        def objects(run):
            database = sqlite3.connect(self.folder / run / "run.db")
            self.addCleanup(database.close)
            return database.execute("SELECT filename, columns, embeddings FROM images JOIN object_embeddings "
                                    "ON image_id = id ORDER BY filename").fetchall()

        self.assertGreater(len(objects("one")), 0)
        self.assertEqual(objects("run"), objects("one"))


if __name__ == "__main__":
    support.main()
