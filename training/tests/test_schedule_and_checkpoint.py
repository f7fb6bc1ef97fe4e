"""A training ends when its time is over, and an interruption costs no more than what was not saved."""

import pathlib
import unittest
import unittest.mock

import support
import torch

from pretag_training import checkpoint, detector, schedule


class Schedule(unittest.TestCase):
    def test_rate_rises_then_falls_to_nothing(self):
        self.assertAlmostEqual(schedule.cosine(0, 0, 100), 0.01)
        self.assertAlmostEqual(schedule.cosine(0, 49, 100), 0.5)
        self.assertAlmostEqual(schedule.cosine(0.5, 1000, 100), 0.5)
        self.assertAlmostEqual(schedule.cosine(1, 1000, 100), 0)
        self.assertAlmostEqual(schedule.cosine(1.2, 1000, 100), 0)
        rates = [schedule.cosine(done / 50, 1000, 100) for done in range(51)]
        self.assertEqual(rates, sorted(rates, reverse=True))

    def test_minutes(self):
        with unittest.mock.patch.object(schedule.time, "monotonic", side_effect=[100, 130, 160, 160]):
            budget = schedule.Budget(minutes=1)
            self.assertAlmostEqual(budget.progress(10**6), 0.5)
            self.assertAlmostEqual(budget.progress(10**6), 1)
            self.assertAlmostEqual(budget.seconds(), 60)

    def test_time_before_an_interruption_counts(self):
        with unittest.mock.patch.object(schedule.time, "monotonic", side_effect=[100, 115]):
            budget = schedule.Budget(minutes=1)
            budget.seconds_before = 30
            self.assertAlmostEqual(budget.progress(0), 0.75)

    def test_pictures(self):
        budget = schedule.Budget(pictures=200)
        self.assertAlmostEqual(budget.progress(50), 0.25)
        self.assertGreaterEqual(budget.progress(201), 1)

    def test_nothing_to_do_is_done_at_once(self):
        self.assertEqual(schedule.Budget(minutes=0).progress(0), 1)
        self.assertEqual(schedule.Budget(pictures=0).progress(0), 1)

    def test_the_first_of_both_limits_ends_a_stage(self):
        with unittest.mock.patch.object(schedule.time, "monotonic", side_effect=[0, 30, 30]):
            budget = schedule.Budget(minutes=1, pictures=100)
            self.assertAlmostEqual(budget.progress(20), 0.5)
            self.assertAlmostEqual(budget.progress(90), 0.9)


class Checkpoint(support.TemporaryFolderTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "detector.pth"

    def test_round_trip(self):
        checkpoint.save(self.path, {"step": 7, "weight": torch.arange(3)})
        saved = checkpoint.load(self.path, "cpu")
        self.assertEqual((saved["step"], saved["weight"].tolist()), (7, [0, 1, 2]))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["detector.pth"])

    def test_nothing_was_saved(self):
        self.assertIsNone(checkpoint.load(self.path, "cpu"))

    def test_an_interrupted_save_leaves_the_old_file(self):
        checkpoint.save(self.path, {"step": 7})

        def stop_half_way(state, path):
            pathlib.Path(path).write_bytes(b"half")
            raise KeyboardInterrupt

        with unittest.mock.patch.object(torch, "save", stop_half_way), self.assertRaises(KeyboardInterrupt):
            checkpoint.save(self.path, {"step": 8})
        self.assertEqual(checkpoint.load(self.path, "cpu")["step"], 7)
        checkpoint.save(self.path, {"step": 9})  # what the interrupted one left is in nobody's way
        self.assertEqual(checkpoint.load(self.path, "cpu")["step"], 9)


class Averages(unittest.TestCase):
    def test_average_of_the_weights_forgets_the_beginning(self):
        average = {"weight": torch.tensor([100.0]), "count": torch.tensor(0)}
        for step in range(1, 1001):
            value = 0.0 if step <= 500 else 1.0
            detector.update_average(average, {"weight": torch.tensor([value]), "count": torch.tensor(step)}, step, 0.03)
        self.assertAlmostEqual(float(average["weight"]), 1, places=4)
        self.assertEqual(int(average["count"]), 1000)

    def test_average_of_the_weights_is_an_average(self):
        average = {"weight": torch.tensor([0.0])}
        for step in range(1, 1001):
            detector.update_average(average, {"weight": torch.tensor([float(step % 2)])}, step, 0.03)
        self.assertAlmostEqual(float(average["weight"]), 0.5, delta=0.02)

    def test_rare_classes_weigh_more(self):
        labels = torch.cat([torch.full((count,), label) for label, count in ((0, 5000), (1, 1000), (2, 400), (3, 100), (4, 1))])
        weights = detector.rarity(labels)
        self.assertEqual(weights[:5].tolist(), [0, 1, 1, 2, 8])
        self.assertEqual(weights[5:].tolist(), [8, 8, 8])

    def test_balanced_classes_are_drawn_equally_often(self):
        labels = torch.cat([torch.full((count,), label) for label, count in ((0, 5000), (1, 1000), (2, 400), (3, 100), (4, 1))])
        weights = detector.balance(labels)
        self.assertEqual(weights[0], 0)
        drawn = torch.bincount(labels, weights=weights[labels])
        torch.testing.assert_close(drawn[1:4], torch.full((3,), 1000.0), check_dtype=False)
        self.assertLessEqual(float(drawn[4]), 250)  # one object is not shown a thousand times


if __name__ == "__main__":
    unittest.main()
