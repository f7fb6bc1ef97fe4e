#!/usr/bin/env python3
"""Progress as JSON for programs, as lines for logs, as a bar on a terminal; results never mix with it."""

import json
import os
import pty
import re
import subprocess

import support

STAGE_KEYS = ["event", "stage", "done", "failed", "total", "images_per_second", "eta_seconds"]


class ProgressIsShown(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        images = self.images("images", "small", 3)
        (images / "bad.jpg").write_bytes(b"")

    def run_with(self, *arguments, env=None):
        done = self.run_pretag("run", "images", "-o", "run", *arguments, code=support.SOME_FAILED, env=env,
                               model=self.quick_model())
        self.assertEqual(done.stdout, "")
        return done.stderr

    def run_on_terminal(self, **environment):
        """What a terminal of 100 columns gets to see."""
        master, terminal = pty.openpty()
        subprocess.run(["stty", "cols", "100"], stdin=terminal, check=True)
        process = subprocess.Popen(self.command("run", "images", "-o", "run", model=self.quick_model()),
                                   cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=terminal, env={**os.environ, "TERM": "xterm", **environment})
        self.addCleanup(support.end, process)
        os.close(terminal)
        seen = b""
        try:
            while piece := os.read(master, 65536):
                seen += piece
        except OSError:  # how Linux says that the other side has been closed
            pass
        os.close(master)
        self.assertEqual(process.wait(), support.SOME_FAILED)
        return seen.decode()

    def test_json_lines(self):
        events = [json.loads(line) for line in self.run_with("--progress", "json").splitlines()]
        stages = [event for event in events if "stage" in event]
        messages = [event for event in events if "stage" not in event]
        for event in stages:
            self.assertEqual(list(event), STAGE_KEYS)
            self.assertEqual((event["stage"], event["total"]), ("Pretagging", 4))
        self.assertEqual([event["event"] for event in stages if event["event"] != "progress"], ["started", "finished"])
        self.assertEqual((stages[0]["done"], stages[0]["failed"]), (0, 0))
        self.assertEqual((stages[-1]["done"], stages[-1]["failed"]), (3, 1))
        for event in messages:
            self.assertEqual(list(event), ["event", "message"])
            self.assertIn(event["event"], ("info", "warning"))
        self.assertEqual(messages[-1]["event"], "warning")
        self.assertIn("1 of 4 files could not be used", messages[-1]["message"])

    def test_plain_lines_where_there_is_no_terminal(self):
        for name, text in [("auto", self.run_with(env={"TERM": "xterm"})), ("lines", self.run_with("--progress", "lines"))]:
            with self.subTest(name):
                self.assertNotRegex(text, r"[\r\x1b]")
                self.assertIn("Pretagging: 4/4 (100 %)", text)
                self.assertIn("Report: run/report.html\n", text)

    def test_quiet_says_warnings_only(self):
        text = self.run_with("--progress", "quiet")
        self.assertEqual(len(text.splitlines()), 1, text)
        self.assertTrue(text.startswith("warning: 1 of 4 files could not be used"))

    def test_a_bar_on_a_terminal(self):
        seen = self.run_on_terminal(LC_ALL="C.UTF-8")
        bars = re.findall(r"\r\x1b\[K(Pretagging  \[[█░]+\]  [^\r\n]*)", seen)
        self.assertGreaterEqual(len(bars), 2, seen)  # drawn over itself
        self.assertIn("0/4", bars[0])
        self.assertIn("4/4", bars[-1])
        self.assertIn("1 failed", bars[-1])
        self.assertIn("\x1b[33mwarning: \x1b[0m", seen)
        self.assertTrue(all(len(bar) < 100 for bar in bars))

    def test_no_color_and_dumb_terminals(self):
        seen = self.run_on_terminal(NO_COLOR="1", LC_ALL="C")
        self.assertNotIn("\x1b[33m", seen)
        self.assertTrue(seen.isascii())
        self.assertRegex(seen, r"\r\x1b\[KPretagging  \[#+\]  4/4")
        self.assertNotIn("\x1b", self.run_on_terminal(TERM="dumb"))


if __name__ == "__main__":
    support.main()
