"""After the alignment as many detections as objects reach the one threshold, class by class."""

import types
import unittest
import unittest.mock

import support
import torch
from support import BUS, CAR, PERSON

from pretag_training import classes, counting, validation

PICTURES = 30


class FakeDetector:
    """Sees objects with logits drawn once; the bias of a class moves them all, as in a softmax whose other classes stay."""

    def __init__(self, logits):
        """Logits: {label: (PICTURES, detections a picture)}."""
        self.logits = logits
        predictor = types.SimpleNamespace(cls_score=torch.nn.Linear(1, classes.OUTPUTS))
        predictor.cls_score.bias.data.zero_()
        self.roi_heads = types.SimpleNamespace(box_predictor=predictor)

    @property
    def bias(self):
        return self.roi_heads.box_predictor.cls_score.bias.data

    def detect(self, model, pictures, indices, workers=1):
        found = []
        for i in indices.tolist():
            scores = torch.cat([torch.sigmoid(rows[i] + self.bias[label]) for label, rows in self.logits.items()])
            labels = torch.cat([torch.full((rows.shape[1],), label) for label, rows in self.logits.items()])
            kept = scores >= 0.02
            found.append({"boxes": torch.zeros(int(kept.sum()), 4).numpy(), "scores": scores[kept].numpy(), "labels": labels[kept].numpy()})
        return found


class Alignment(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(12)
        car, person, bus = ((10, 10, 30, 30, label) for label in (CAR, PERSON, BUS))
        objects = [[car, car, person] + ([bus] if i < 5 else []) for i in range(PICTURES)]
        self.pictures = support.pictures(torch.zeros(PICTURES, 3, 36, 64, dtype=torch.uint8), objects)
        self.logits = {CAR: torch.randn(PICTURES, 5), PERSON: torch.randn(PICTURES, 4) - 1.5, BUS: torch.randn(PICTURES, 3) - 1}
        self.said = []

    def align(self, logits):
        detector = FakeDetector(logits)
        with unittest.mock.patch.object(validation, "detect", detector.detect):
            threshold = counting.align(detector, self.pictures, torch.arange(PICTURES),
                                       types.SimpleNamespace(say=lambda **facts: self.said.append(facts)))
            found = detector.detect(detector, self.pictures, torch.arange(PICTURES))
        count = lambda label: sum(int(((d["labels"] == label) & (d["scores"] >= threshold - 1e-5)).sum()) for d in found)
        return detector, threshold, count

    def test_each_class_counts_right(self):
        _, threshold, count = self.align(self.logits)
        self.assertEqual((count(CAR), count(PERSON)), (60, 30))
        self.assertEqual(threshold, round(threshold, 2))
        self.assertTrue(0.2 < threshold < 0.8)

    def test_the_threshold_is_that_of_cars(self):
        detector, threshold, _ = self.align(self.logits)
        self.assertAlmostEqual(float(detector.bias[CAR]), 0, delta=0.03)  # rounding to hundredths
        at = torch.sigmoid(self.logits[CAR]).flatten().sort(descending=True).values[59]
        self.assertAlmostEqual(threshold, float(at), delta=0.0051)

    def test_classes_with_few_or_no_objects_stay(self):
        detector, _, _ = self.align(self.logits)
        others = [label for label in range(classes.OUTPUTS) if label not in (CAR, PERSON)]
        self.assertEqual(detector.bias[others].tolist(), [0] * len(others))

    def test_shifts_have_a_limit(self):
        detector, _, count = self.align({**self.logits, PERSON: torch.randn(PICTURES, 4) / 4 - 3.5})
        self.assertAlmostEqual(float(detector.bias[PERSON]), counting.MOST, places=5)
        self.assertLess(count(PERSON), 30)

    def test_a_class_of_which_too_little_is_found_is_shifted_no_further_than_that(self):
        detector, _, _ = self.align({**self.logits, PERSON: torch.randn(PICTURES, 4) - 9})  # nothing reaches 0.02
        self.assertEqual(float(detector.bias[PERSON]), 0)

    def test_a_detector_that_is_certain_of_everything(self):
        _, threshold, _ = self.align({CAR: torch.full((PICTURES, 2), 9.0), PERSON: torch.full((PICTURES, 1), -2.0)})
        self.assertTrue(0 < threshold < 1)

    def test_every_round_is_said(self):
        self.align(self.logits)
        self.assertEqual([facts["round"] for facts in self.said], list(range(counting.ROUNDS)))
        self.assertTrue(all(set(classes.NAMES) < set(facts) for facts in self.said))


class CountingThreshold(unittest.TestCase):
    def test_as_many_detections_as_objects(self):
        found = [{"scores": torch.tensor([0.9, 0.7, 0.5, 0.3]).numpy(), "labels": torch.tensor([CAR, PERSON, CAR, CAR]).numpy()}]
        truth = validation.truths(support.pictures(torch.zeros(1, 3, 9, 9, dtype=torch.uint8), [
            [(0, 0, 9, 9, CAR), (0, 0, 5, 5, CAR), (0, 0, 9, 9, CAR, True), (0, 0, 9, 9, BUS)]]), torch.tensor([0]))
        self.assertAlmostEqual(validation.counting_threshold(found, truth, CAR), 0.5, places=6)  # the crowd does not count
        self.assertIsNone(validation.counting_threshold(found, truth, PERSON))
        self.assertIsNone(validation.counting_threshold(found, truth, BUS))


if __name__ == "__main__":
    unittest.main()
