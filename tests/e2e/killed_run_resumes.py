#!/usr/bin/env python3
"""A run that was killed or interrupted at any moment goes on with the same command and ends as if undisturbed."""

import contextlib
import shutil
import signal
import sqlite3

import support

IMAGES = 160
SETTINGS = ["num_threads=1", "score_threshold=0.1"]


class KilledRunResumes(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.pictures = self.images("images", "small", IMAGES)
        self.run_folder = self.folder / "run"

    def start(self):
        return self.start_pretag("run", "images", "-o", "run", *SETTINGS, model=self.quick_model())

    def finish(self):
        return self.run_pretag("run", "images", "-o", "run", *SETTINGS, model=self.quick_model())

    def undisturbed_results(self):
        shutil.copytree(self.pictures, self.folder / "copy/images")
        self.run_pretag("run", "copy/images", "-o", "undisturbed", *SETTINGS, model=self.quick_model())
        return support.result_files(self.folder / "undisturbed")

    def done_in_ledger(self):
        """The images that a copy of the ledger, with its log as the crash left it, holds as done."""
        with contextlib.ExitStack() as cleanup:
            copy = self.folder / "ledger copy"
            copy.mkdir()
            cleanup.callback(shutil.rmtree, copy)
            for file in self.run_folder.glob("run.db*"):
                shutil.copy(file, copy)
            if not (copy / "run.db").exists():
                return []
            database = cleanup.enter_context(contextlib.closing(sqlite3.connect(copy / "run.db")))
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'images'").fetchone():
                return []
            return [name for (name,) in database.execute("SELECT filename FROM images WHERE state = 1")]

    def stop_at(self, event, how):
        """Starts the run and sends the signal at the first event of that name that tells of work done, or once the run
        folder is there. Returns (done at the start, done when it was stopped, exit code, messages)."""
        process = self.start()
        if event == "run folder":
            while not self.run_folder.exists() and process.poll() is None:
                pass
            process.send_signal(how)
        resumed = reported = 0
        messages = []
        for found in support.events_of(process):
            if found["event"] == "started":
                resumed = found["done"]
            reported = found.get("done", reported)
            messages.append(found.get("message", ""))
            if found["event"] == event and (event != "progress" or reported > resumed):
                process.send_signal(how)
                event = None
        return resumed, reported, process.wait(), messages

    def test_kill_9_loses_nothing_that_was_reported(self):
        reported_before = 0
        for event in ("run folder", "started", "progress", "progress"):
            resumed, reported, code, _ = self.stop_at(event, signal.SIGKILL)
            self.assertEqual(code, -signal.SIGKILL, f"the run ended before it was killed at '{event}'")
            self.assertFalse((self.run_folder / "data").exists(), "outputs of half a run")
            done = self.done_in_ledger()
            if event != "run folder":
                self.assertGreaterEqual(resumed, reported_before)
            self.assertGreaterEqual(len(done), reported)
            reported_before = reported
        self.assertGreater(len(done), 0)
        self.assertLess(len(done), IMAGES)

        # What is there can be had, and is not taken for all.
        told = self.run_pretag("convert", "run", "--to", "coco", "-o", "part.json").stdout
        self.assertIn(f"{len(done)} images with", told)
        self.assertIn(f"the run is not finished, {IMAGES - len(done)} of its images are to come", told)

        self.run_pretag("report", "run", code=support.USAGE)

        # What is done is not looked at again: its files may have changed, and nothing of it shows.
        expected = self.undisturbed_results()
        for name in done:
            (self.pictures / name).write_bytes(b"")
        log = self.finish().stderr
        self.assertIn(f"Pretagging: {len(done)}/{IMAGES}", log)
        self.assertEqual(support.result_files(self.run_folder), expected)

        # Killed once more while it writes its outputs, from a ledger that is complete.
        shutil.rmtree(self.run_folder / "data")
        self.stop_at("finished", signal.SIGKILL)
        self.finish()
        results = support.result_files(self.run_folder)
        self.assertEqual({name: results[name] for name in results if not name.endswith(".tmp")}, expected)

    def test_interrupt_ends_cleanly_and_says_how_to_go_on(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            _, _, code, messages = self.stop_at("progress", how)
            self.assertEqual(code, support.INTERRUPTED)
            done = len(self.done_in_ledger())
            self.assertIn(f"Stopped with {IMAGES - done} images to go; the same command resumes", messages)
            self.assertEqual([p.name for p in self.run_folder.glob("run.db*")], ["run.db"])
            self.assertFalse((self.run_folder / "data").exists(), "outputs of half a run")
        self.finish()
        self.assertEqual(support.result_files(self.run_folder), self.undisturbed_results())

    def test_two_runs_in_one_folder_do_not_mix(self):
        process = self.start()
        next(event for event in support.events_of(process) if event["event"] == "started")
        process.send_signal(signal.SIGSTOP)  # it must not be done before the second comes
        second = self.run_pretag("run", "images", "-o", "run", *SETTINGS, code=support.ERROR, model=self.quick_model())
        self.assert_plain_error(second, "run/run.db", "is another pretag running in this folder?")
        process.send_signal(signal.SIGCONT)
        for _ in support.events_of(process):
            pass
        self.assertEqual(process.wait(), support.OK)
        self.assertEqual(len(support.dump_of(self.run_folder)), IMAGES)


if __name__ == "__main__":
    support.main()
