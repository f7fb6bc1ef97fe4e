#!/usr/bin/env python3
"""report.html of a run with a selection, in a real browser: numbers, sorting, filters, keyboard, light and dark."""

import shutil
import subprocess
from pathlib import Path

import support

BROWSER_TESTS = Path(__file__).resolve().parents[1] / "browser"


class ReportWorksInABrowser(support.EndToEndTest):
    def test_report_html_is_usable(self):
        self.assertTrue(shutil.which("node") and (BROWSER_TESTS / "node_modules/playwright-core").is_dir(),
                        "node or playwright-core is missing; scripts/install-dependencies --test installs them")
        images = self.images("photos", "photos")
        shutil.copy(images / "b.png", images / "same as b.png")
        (images / "broken.png").write_bytes(b"")
        self.run_pretag("run", "photos", "-o", "run", "pretagging_debug=True", "score_threshold=0.2",
                        "selection.n_samples=3", code=support.SOME_FAILED)
        done = subprocess.run(["node", BROWSER_TESTS / "check_report.mjs", self.folder / "run"], capture_output=True,
                              text=True, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    support.main()
