"""Average precision worked out by hand. test_like_pretag_eval.py compares it with the program's."""

import unittest

import support  # noqa: F401  first: it says where the package lies
import numpy as np
from support import CAR, PERSON

from pretag_training import average_precision


def truth(*objects):
    """Objects: (box, label) or (box, label, crowd)."""
    rows = [(*row, False)[:3] for row in objects]
    return {"boxes": np.array([box for box, _, _ in rows], float).reshape(-1, 4), "labels": np.array([label for _, label, _ in rows], int),
            "crowd": np.array([crowd for _, _, crowd in rows], bool)}


def found(*detections):
    """Detections: (box, label, score)."""
    return {"boxes": np.array([box for box, _, _ in detections], float).reshape(-1, 4),
            "labels": np.array([label for _, label, _ in detections], int), "scores": np.array([s for _, _, s in detections], float)}


def car_result(detections, truths, **more):
    return average_precision.evaluate(detections, truths, **more)["car"]


A, B, ELSEWHERE = (0, 0, 100, 100), (200, 0, 300, 100), (400, 0, 500, 100)


class ByHand(unittest.TestCase):
    def assert_ap(self, result, ap, **more):
        self.assertAlmostEqual(result["ap"], ap, places=9)
        for key, value in more.items():
            self.assertAlmostEqual(result[key], value, places=9, msg=key)

    def test_perfect(self):
        result = car_result([found((A, CAR, 0.9)), found((B, CAR, 0.3))], [truth((A, CAR)), truth((B, CAR))])
        self.assert_ap(result, 1, ap50=1, ap75=1)
        self.assertEqual(result["objects"], 2)

    def test_nothing_found(self):
        self.assert_ap(car_result([found()], [truth((A, CAR))]), 0)

    def test_a_class_without_objects_has_no_value(self):
        result = average_precision.evaluate([found((A, CAR, 0.9))], [truth((A, PERSON))])
        self.assertEqual((result["car"]["objects"], result["car"]["ap"], result["car"]["ap50"]), (0, None, None))
        self.assertEqual(result["person"]["ap"], 0)

    def test_half_of_the_objects(self):
        # Recalls 0, 0.01 … 0.5 are reached.
        self.assert_ap(car_result([found((A, CAR, 0.9))], [truth((A, CAR), (B, CAR))]), 51 / 101)

    def test_false_positive_below_costs_nothing(self):
        self.assert_ap(car_result([found((A, CAR, 0.9), (ELSEWHERE, CAR, 0.8))], [truth((A, CAR))]), 1)

    def test_false_positive_above_halves_the_precision(self):
        self.assert_ap(car_result([found((A, CAR, 0.8), (ELSEWHERE, CAR, 0.9))], [truth((A, CAR))]), 0.5)

    def test_the_order_counts_over_all_pictures(self):
        self.assert_ap(car_result([found((A, CAR, 0.8)), found((A, CAR, 0.9))], [truth((A, CAR)), truth()]), 0.5)

    def test_a_false_positive_between(self):
        detections = found((A, CAR, 0.9), (ELSEWHERE, CAR, 0.8), (B, CAR, 0.7))
        self.assert_ap(car_result([detections], [truth((A, CAR), (B, CAR))]), (51 + 50 * 2 / 3) / 101)

    def test_an_object_is_found_once(self):
        detections = found((A, CAR, 0.9), (A, CAR, 0.8), (B, CAR, 0.7))
        self.assert_ap(car_result([detections], [truth((A, CAR), (B, CAR))]), (51 + 50 * 2 / 3) / 101)

    def test_thresholds_of_overlap(self):
        self.assert_ap(car_result([found(((0, 0, 100, 62), CAR, 0.9))], [truth((A, CAR))]), 0.3, ap50=1, ap75=0)

    def test_a_detection_takes_the_object_it_fits_best(self):
        close = (0, 0, 100, 70)
        detections = found((close, CAR, 0.9), (A, CAR, 0.8))
        self.assert_ap(car_result([detections], [truth((A, CAR), (close, CAR))]), 1)

    def test_another_class_finds_nothing(self):
        self.assert_ap(car_result([found((A, PERSON, 0.9))], [truth((A, CAR))]), 0)

    def test_crowds_are_neither_to_be_found_nor_to_be_missed(self):
        inside = [((10 * i, 0, 10 * i + 10, 100), CAR, 0.95) for i in range(10)]
        result = car_result([found((B, CAR, 0.5), *inside)], [truth((A, CAR, True), (B, CAR))])
        self.assert_ap(result, 1)
        self.assertEqual(result["objects"], 1)
        self.assert_ap(car_result([found((B, CAR, 0.5))], [truth((A, CAR, True), (B, CAR))]), 1)

    def test_ranges_of_area(self):
        small, medium, large = (0, 0, 20, 20), (100, 0, 150, 50), (200, 0, 400, 200)
        truths = [truth((small, CAR), (medium, CAR), (large, CAR))]
        result = car_result([found((small, CAR, 0.5), (medium, CAR, 0.9), (ELSEWHERE, CAR, 0.7))], truths)
        # What was found of another size is ignored; ELSEWHERE is large.
        self.assertEqual((result["ap_small"], result["ap_medium"], result["ap_large"]), (1, 1, 0))
        # The second is right of three: precision 2/3 up to a recall of 2/3.
        self.assert_ap(result, (34 + 33 * 2 / 3) / 101)
        self.assertIsNone(car_result([found()], [truth((small, CAR))])["ap_large"])

    def test_the_best_hundred_of_a_class_count(self):
        wrong = [(ELSEWHERE, CAR, 0.9)] * 100
        right = (A, CAR, 0.8)
        self.assert_ap(car_result([found(right, *wrong)], [truth((A, CAR))]), 0)
        self.assert_ap(car_result([found(right, *wrong)], [truth((A, CAR))], most=101), 1 / 101)
        self.assert_ap(car_result([found(right, *wrong[:99])], [truth((A, CAR))]), 1 / 100)

    def test_other_classes_do_not_take_places_among_the_hundred(self):
        others = [(ELSEWHERE, PERSON, 0.9)] * 100
        self.assert_ap(car_result([found((A, CAR, 0.8), *others)], [truth((A, CAR))]), 1)

    def test_mean_over_classes(self):
        result = average_precision.evaluate([found((A, CAR, 0.9))], [truth((A, CAR), (A, PERSON), (B, PERSON))])
        self.assertEqual(average_precision.mean_of(result, "ap"), 0.5)
        self.assertEqual(average_precision.mean_of(result, "ap", least_objects=2), 0)
        self.assertIsNone(average_precision.mean_of(result, "ap", least_objects=3))

    def test_counts_of_right_detections(self):
        detections = [found((A, CAR, 0.9), (A, CAR, 0.8), (ELSEWHERE, CAR, 0.7), (B, PERSON, 0.9)), found((A, CAR, 0.6))]
        truths = [truth((A, CAR), (B, CAR), (ELSEWHERE, CAR, True)), truth((B, CAR))]
        # Two labelled here and one there; the second on A and the one in the other picture are wrong, the one in the crowd does not count.
        self.assertEqual(average_precision.count_matches(detections, truths, CAR), (3, 3, 1))
        self.assertEqual(average_precision.count_matches(detections, truths, PERSON), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
