"""The log as it grows, and the curves drawn from it."""

import contextlib
import io
import json
import unittest
import xml.etree.ElementTree

import support

from pretag_training import curves, journal

SVG = "{http://www.w3.org/2000/svg}"


class Curves(support.TemporaryFolderTest):
    def setUp(self):
        super().setUp()
        self.log, self.out = self.folder / "log.jsonl", self.folder / "curve.svg"

    def write_log(self, *points):
        self.log.write_text("".join(json.dumps(point) + "\n" for point in points))

    def lines(self):
        """{name: points} of each curve, in the order of the legend."""
        root = xml.etree.ElementTree.parse(self.out).getroot()
        lines = [[tuple(map(float, pair.split(","))) for pair in line.get("points").split()] for line in root.iter(f"{SVG}polyline")]
        names = [text.text for text in root.iter(f"{SVG}text") if text.get("fill")]
        self.assertEqual(len(names), len(lines))
        return dict(zip(names, lines))

    def test_a_line_for_each_loss(self):
        self.write_log({"pictures": 24, "validation": 3}, *({"stage": "detector", "pictures": 200 * i, "box": 1 / i, "classes": 2 / i} for i in range(1, 9)),
                       {"stage": "validation", "pictures": 30})
        self.assertTrue(curves.write(self.log, self.out))
        lines = self.lines()
        self.assertEqual({name: len(points) for name, points in lines.items()}, {"classes": 8, "box": 8})
        x, y = zip(*lines["classes"])
        self.assertEqual((list(x), list(y)), (sorted(x), sorted(y)))  # a falling loss: y grows downwards
        self.assertTrue(all(0 <= a <= curves.WIDTH and 0 <= b <= curves.HEIGHT for a, b in zip(x, y)))

    def test_each_stage_has_its_own(self):
        self.write_log(*({"stage": "crops", "step": i, "loss": 2.0, "right": 0.1 * i} for i in (1, 2, 3)),
                       *({"stage": "detector", "pictures": i, "box": 1.0} for i in (1, 2)))
        self.assertTrue(curves.write(self.log, self.out, "crops", "step"))
        self.assertEqual(set(self.lines()), {"loss", "right"})

    def test_no_curve_of_a_short_log(self):
        for points in ([], [{"stage": "detector", "pictures": 200, "box": 1.0}], [{"stage": "crops", "step": 1, "loss": 1.0}] * 9):
            self.write_log(*points)
            self.assertFalse(curves.write(self.log, self.out))
            self.assertFalse(self.out.exists())


class Journal(support.TemporaryFolderTest):
    def test_a_line_for_people_and_one_for_programs(self):
        printed = io.StringIO()
        for step in (1, 2):  # a continued training writes on
            book = journal.Journal(self.folder)
            with contextlib.redirect_stdout(printed):
                book.say(stage="crops", step=step, loss=0.123456)
            book.file.close()
        lines = [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()]
        self.assertEqual(lines, [{"stage": "crops", "step": step, "loss": 0.123456} for step in (1, 2)])
        self.assertRegex(printed.getvalue().splitlines()[1], r"stage crops  step 2  loss 0\.1235$")

    def test_averages_of_few_values_are_not_drawn_to_zero(self):
        averages = journal.Averages()
        averages.add({"loss": 4.0})
        self.assertAlmostEqual(averages.now()["loss"], 4)
        for _ in range(200):
            averages.add({"loss": 1.0})
        self.assertAlmostEqual(averages.now()["loss"], 1, places=3)


if __name__ == "__main__":
    unittest.main()
