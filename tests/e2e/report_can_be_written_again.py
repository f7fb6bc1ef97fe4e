#!/usr/bin/env python3
"""pretag report writes a finished run's report again, the same, and says what is wrong where it cannot."""

import contextlib
import json
import shutil
import sqlite3

import support


class ReportCanBeWrittenAgain(support.EndToEndTest):
    def finished_run(self, *settings):
        self.images("images", "small", 12)
        self.run_pretag("run", "images", "-o", "run", "pretagging_debug=True", *settings, model=self.quick_model(64))
        return self.folder / "run"

    def report_files(self):
        run = self.folder / "run"
        files = [run / name for name in ("report.html", "report.json", "report_v2.json", "report.pdf")]
        files += [path for part in ("plots", "data/bounding_boxes_examples") for path in (run / part).iterdir()]
        return {str(path.relative_to(run)): path.read_bytes() for path in files}

    def test_it_is_the_same_report(self):
        run = self.finished_run("selection.n_samples=4")
        before = self.report_files()
        self.assertTrue(before["report.pdf"].startswith(b"%PDF-"))
        for name in before:
            (run / name).unlink()
        done = self.run_pretag("report", "run")
        self.assertEqual(done.stdout, "Report: run/report.html\n")
        after = self.report_files()
        self.assertEqual(sorted(after), sorted(before))
        self.assertEqual([name for name in before if before[name] != after[name]], [])

    def test_it_shows_what_was_selected_again(self):
        run = self.finished_run("selection.n_samples=4")
        self.run_pretag("select", "run", "selection.n_samples=7")
        self.run_pretag("report", "run")
        report = json.loads((run / "report.json").read_text())
        self.assertEqual(report["selection"]["selected"]["total"], 7)
        self.assertEqual(report["statistics"]["selected"]["images"], 7)
        self.assertEqual(report["duplicates"], {"total": 0, "listed": []})
        self.run_pretag("select", "run", "selection.n_samples=7", "remove_exact_duplicates=False")
        self.assertIsNone(json.loads((run / "report.json").read_text())["duplicates"])
        self.assertFalse((run / "filenames/duplicate_filenames.txt").exists())

    def test_a_run_that_selects_nothing_leaves_no_earlier_selection(self):
        run = self.finished_run("selection.n_samples=4", "selected_sequence_length=2", "enable_corruptness_check=False",
                                "remove_exact_duplicates=False")
        of_selection = [run / name for name in (
            "data/selection.json", "data/selected_embeddings.csv", "filenames/sampled_filenames.txt",
            "filenames/removed_filenames.txt", "sequence_information.json", "report_v2.json")]
        self.assertEqual([path for path in of_selection if not path.exists()], [])
        self.run_pretag("select", "run", "selection.n_samples=3")
        self.assertFalse((run / "sequence_information.json").exists())
        done = self.run_pretag("run", "images", "-o", "run", "pretagging_debug=True", "enable_corruptness_check=False",
                               "remove_exact_duplicates=False", model=self.quick_model(64))
        self.assertIn("The selection of an earlier run is removed", done.stdout + done.stderr)
        self.assertEqual([path for path in of_selection if path.exists()], [])
        before = (run / "report.json").read_bytes()
        self.assertIsNone(json.loads(before)["statistics"]["selected"])
        self.run_pretag("report", "run")
        self.assertEqual((run / "report.json").read_bytes(), before)

    def test_it_says_where_all_failures_are(self):
        self.images("images", "small", 1)
        for i in range(201):
            (self.folder / f"images/broken_{i}.jpg").write_bytes(b"")
        for check, place in (("True", "filenames/corrupt_filenames.txt"), ("False", "run.db")):
            self.run_pretag("run", "images", "-o", "run", f"enable_corruptness_check={check}", model=self.quick_model(64),
                            code=support.SOME_FAILED)
            for again in (False, True):
                if again:
                    self.run_pretag("report", "run")
                page = (self.folder / "run/report.html").read_text()
                self.assertIn(f"The first 200 of 201; {place} names them all", page)
                self.assertTrue((self.folder / "run" / place).exists())

    def test_it_needs_no_images_but_says_which_pictures_are_gone(self):
        run = self.finished_run()
        shown = len(json.loads((run / "report.json").read_text())["debug_images"])
        self.assertGreater(shown, 0)
        shutil.rmtree(self.folder / "images")
        self.run_pretag("report", "run")
        report = json.loads((run / "report.json").read_text())
        self.assertEqual(report["debug_images"], [])
        self.assertEqual(report["debug_images_unavailable"], shown)
        self.assertEqual(report["statistics"]["all"]["images"], 12)

    def test_without_pretagging_it_speaks_of_no_objects(self):
        self.images("images", "small", 3)
        # The diversity needs the network, which finds objects on its way to the embeddings.
        for run, settings in (("plain", []), ("diverse", ["selection.n_samples=2"])):
            self.run_pretag("run", "images/", "-o", run, "pretagging=False", *settings, model=self.quick_model(160))
            report = json.loads((self.folder / run / "report.json").read_text())
            self.assertEqual(report["job"]["title"], "images")
            self.assertEqual(report["statistics"]["all"]["objects"], 0)
            page = (self.folder / run / "report.html").read_text()
            self.assertIn("Objects were not looked for", page)
            self.assertIsNone(report["model"]["score_threshold"])
            self.assertEqual(list((self.folder / run / "plots").glob("*objects*")), [])
            for part in ("Score threshold", "score threshold shows", "data/bounding_boxes.json", "without any", "Images without objects"):
                self.assertNotIn(part, page)

    def test_a_run_that_goes_on_has_no_report_until_it_is_done(self):
        run = self.finished_run()
        with contextlib.closing(sqlite3.connect(run / "run.db")) as database, database:
            database.execute("UPDATE images SET state = 0 WHERE filename = '00003.jpg'")
        done = self.run_pretag("report", "run", code=support.USAGE)
        self.assert_plain_error(done, "run", "not finished")

    def test_a_finished_run_that_is_begun_again_is_unfinished_until_it_is_done(self):
        self.images("images", "small", 6)
        (self.folder / "images/broken.jpg").write_bytes(b"not an image")
        again = ["run", "images", "-o", "run", "selection.n_samples=2"]
        self.run_pretag(*again, model=self.quick_model(), code=support.SOME_FAILED)
        (self.folder / "images").rename(self.folder / "away")
        (self.folder / "images").mkdir()
        self.run_pretag(*again, model=self.quick_model(), code=support.ERROR)  # it has forgotten what was broken by now
        for command in (["report", "run"], ["select", "run", "selection.n_samples=3"]):
            self.assert_plain_error(self.run_pretag(*command, code=support.USAGE), "run: the run is not finished", "resume")
        (self.folder / "images").rmdir()
        (self.folder / "away").rename(self.folder / "images")
        self.run_pretag(*again, model=self.quick_model(), code=support.SOME_FAILED)
        self.run_pretag("select", "run", "selection.n_samples=3")
        images = json.loads((self.folder / "run/report.json").read_text())["images"]
        self.assertEqual(images, {"input": 7, "processed": 6, "corrupt": 1})

    def test_errors_are_plain(self):
        self.images("images", "small", 2)
        done = self.run_pretag("report", "images", code=support.USAGE)
        self.assert_plain_error(done, "images", "is no run folder", "run.db")
        self.assert_plain_error(self.run_pretag("report", "nowhere", code=support.USAGE), "nowhere")
        run = self.finished_run("selection.n_samples=2")
        (run / "data/selection.json").write_text("{")
        self.assert_plain_error(self.run_pretag("report", "run", code=support.ERROR), "data/selection.json")


if __name__ == "__main__":
    support.main()
