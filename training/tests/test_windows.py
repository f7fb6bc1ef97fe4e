"""What is cut from a picture shows its objects where the targets say."""

import unittest

import support
import torch
from support import BUS, CAR, PERSON

from pretag_training import classes
from pretag_training.windows import WindowOptions, compact, cut, mosaic

EVEN = torch.ones(classes.OUTPUTS)
WIDTH, HEIGHT = 160, 96


def black(count=1):
    return torch.zeros(count, 3, HEIGHT, WIDTH, dtype=torch.uint8)


def still(**more):
    """The whole picture, as large as it is; only mirrored at random."""
    return WindowOptions(width=WIDTH, height=HEIGHT, least_zoom=1, most_zoom=1, around_objects=0, **more)


class RandomWindows(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)

    def test_targets_are_where_the_bright_rectangle_is(self):
        pixels = black()
        pixels[0, :, 30:60, 50:95] = 255
        pictures = support.pictures(pixels, [[(50, 30, 95, 60, CAR)]])
        windows, targets = cut(pictures, torch.zeros(150, dtype=torch.long), EVEN, WindowOptions(width=128, height=72))
        seen = 0
        for window, box, label in zip(windows.amax(1), targets.boxes[:, 0], targets.labels[:, 0]):
            y, x = torch.nonzero(window > (window.max() + window.min()) / 2, as_tuple=True)
            if label:
                seen += 1
                found = torch.stack([x.min(), y.min(), x.max() + 1, y.max() + 1]).float()
                self.assertLess(float((found - box).abs().max()), 1.5, f"{found} instead of {box}")
        self.assertGreater(seen, 100)

    def test_sizes_reach_from_the_least_to_the_most_zoom(self):
        pictures = support.pictures(black(), [[(75, 43, 85, 53, CAR)]])
        options = WindowOptions(width=128, height=72, around_objects=1)
        _, targets = cut(pictures, torch.zeros(300, dtype=torch.long), EVEN, options)
        sides = (targets.boxes[:, 0, 2] - targets.boxes[:, 0, 0])
        self.assertAlmostEqual(float(sides.max()), 10 / options.least_zoom, delta=0.5)
        self.assertAlmostEqual(float(sides.min()), 10 / options.most_zoom, delta=0.5)

    def test_half_of_the_windows_are_mirrored(self):
        pixels = black()
        pixels[0, 0, :, :WIDTH // 2], pixels[0, 2, :, WIDTH // 2:] = 200, 200  # red on the left, blue on the right
        pictures = support.pictures(pixels, [[(10, 10, 30, 30, CAR)]])
        windows, targets = cut(pictures, torch.zeros(200, dtype=torch.long), EVEN, still())
        red_is_left = windows[:, 0, 48, 40] > windows[:, 2, 48, 40]
        self.assertTrue(60 < int(red_is_left.sum()) < 140, red_is_left.sum())
        self.assertTrue(torch.equal(red_is_left, targets.boxes[:, 0, 0] < WIDTH / 2))

    def test_windows_do_not_leave_a_picture_larger_than_them(self):
        pixels = black()
        pixels[0, :, :80, :140] = 255
        pictures = support.pictures(pixels, [[(0, 0, 8, 8, CAR), (130, 70, 140, 80, CAR)]], sizes=[(140, 80)])
        options = WindowOptions(width=64, height=32)
        windows, _ = cut(pictures, torch.zeros(100, dtype=torch.long), EVEN, options)
        # Interpolation mixes black into the last pixel, 0.75 * 0.75 in a corner, and contrasts are jittered. Beyond it all is black.
        self.assertTrue((windows.amin((1, 2, 3)) > 0.4 * windows.amax((1, 2, 3))).all())

    def test_windows_around_objects_contain_the_object(self):
        pictures = support.pictures(black(), [[(5, 5, 9, 9, CAR), (140, 70, 144, 74, PERSON), (80, 50, 84, 54, BUS, True)]])
        weights = torch.zeros(classes.OUTPUTS)
        weights[PERSON] = 1
        options = WindowOptions(width=64, height=48, most_zoom=1, around_objects=1)
        _, targets = cut(pictures, torch.zeros(100, dtype=torch.long), weights, options)
        self.assertTrue((targets.labels[:, 1] == PERSON).all())
        sides = targets.boxes[:, 1, 2:] - targets.boxes[:, 1, :2]
        torch.testing.assert_close(sides[:, 0], sides[:, 1], atol=1e-2, rtol=0)  # a square that is not cut off
        self.assertEqual(int((targets.labels[:, 0] > 0).sum()), 0)               # too far away to be in the same window

    def test_a_large_object_that_a_window_is_placed_around_is_all_but_shown_whole(self):
        pictures = support.pictures(black(), [[(20, 20, 120, 60, BUS)]])
        options = WindowOptions(width=64, height=48, around_objects=1)
        _, targets = cut(pictures, torch.zeros(200, dtype=torch.long), EVEN, options)
        self.assertTrue((targets.labels[:, 0] == BUS).all())
        sides = targets.boxes[:, 0, 2] - targets.boxes[:, 0, 0]
        self.assertLess(float(sides.max()), 0.9 * 64 + 0.01)
        self.assertGreater(float(sides.min()), 0.85 * 64)  # a sliver at most is beyond the window's edge
        self.assertGreater(float(targets.boxes[:, 0, 0].std()), 0.5)  # not always at the same place

    def test_no_window_is_shrunk_beyond_what_is_allowed_or_shows_more_than_the_picture(self):
        pictures = support.pictures(black(), [[(0, 20, 160, 60, BUS)]])
        for width, fit_zoom, shown in ((64, 2.0, 80), (128, 2.0, 128)):
            options = WindowOptions(width=width, height=48, least_zoom=1, most_zoom=1, around_objects=1, fit_zoom=fit_zoom)
            _, targets = cut(pictures, torch.zeros(50, dtype=torch.long), EVEN, options)
            sides = targets.boxes[:, 0, 2] - targets.boxes[:, 0, 0]
            self.assertLessEqual(float(sides.max()), shown + 0.01)
            self.assertGreaterEqual(float(sides.min()), 0.8 * width)

    def test_no_window_is_placed_around_a_crowd(self):
        pictures = support.pictures(black(), [[(5, 5, 9, 9, CAR), (140, 70, 144, 74, PERSON, True)]])
        options = WindowOptions(width=64, height=48, most_zoom=1, around_objects=1)
        _, targets = cut(pictures, torch.zeros(50, dtype=torch.long), EVEN, options)
        self.assertTrue((targets.labels[:, 0] == CAR).all())

    def test_rare_classes_come_first(self):
        pictures = support.pictures(black(), [[(5, 5, 9, 9, CAR), (140, 70, 144, 74, PERSON)]])
        weights = EVEN.clone()
        weights[PERSON] = 7
        options = WindowOptions(width=64, height=48, most_zoom=1, around_objects=1)
        _, targets = cut(pictures, torch.zeros(400, dtype=torch.long), weights, options)
        self.assertAlmostEqual(float((targets.labels[:, 1] > 0).float().mean()), 7 / 8, delta=0.06)


class Ignored(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(4)

    def targets_of(self, *objects, **more):
        return cut(support.pictures(black(), [list(objects)]), torch.zeros(1, dtype=torch.long), EVEN, still(**more))[1]

    def test_tiny_cut_off_and_crowd_are_neither_object_nor_background(self):
        targets = self.targets_of((10, 10, 12, 30, CAR), (-80, 10, 20, 60, CAR), (50, 50, 90, 90, PERSON, True), (30, 10, 60, 40, BUS))
        self.assertEqual(targets.labels[0].tolist(), [0, 0, 0, BUS])
        self.assertEqual(targets.ignored[0].tolist(), [True, True, True, False])

    def test_the_visible_part_is_the_region(self):
        targets = self.targets_of((-80, 10, 20, 60, CAR))
        self.assertEqual(float(targets.boxes[0, 0, 2] - targets.boxes[0, 0, 0]), 20)

    def test_enough_of_it_is_an_object(self):
        targets = self.targets_of((-10, 10, 20, 60, CAR))
        self.assertEqual(targets.labels[0].tolist(), [CAR])
        self.assertFalse(targets.ignored.any())

    def test_what_is_outside_is_nothing(self):
        targets = self.targets_of((-80, 10, -20, 60, CAR), (30, 10, 60, 40, BUS))
        self.assertEqual(targets.labels[0].tolist(), [0, BUS])
        self.assertFalse(targets.ignored.any())

    def test_unlabelled_classes_go_along(self):
        pictures = support.pictures(black(2), [[], [(30, 10, 60, 40, BUS)]])
        pictures.unlabelled[1, PERSON] = True
        _, targets = cut(pictures, torch.tensor([1, 0, 1]), EVEN, still())
        self.assertEqual(targets.unlabelled[:, PERSON].tolist(), [True, False, True])
        self.assertEqual(targets.labels[:, 0].tolist(), [BUS, 0, BUS])


class Mosaic(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(9)

    def test_the_targets_are_where_the_bright_rectangles_are(self):
        for side in (2, 3):
            parts = side * side
            pixels = black(parts)
            for i in range(parts):
                pixels[i, :, 30:60, 50:95] = 25 * (i + 1)
            labels = [(CAR, PERSON, BUS)[i % 3] for i in range(parts)]
            pictures = support.pictures(pixels, [[(50, 30, 95, 60, label)] for label in labels])
            options = WindowOptions(side * WIDTH, side * HEIGHT, 1, 1, mosaic_around_objects=0)
            windows, targets = mosaic(pictures, torch.arange(parts).repeat(2), EVEN, options, side)
            self.assertEqual(tuple(windows.shape), (2, 3, side * HEIGHT, side * WIDTH))
            self.assertEqual(targets.labels.tolist(), [labels] * 2)
            for window, boxes in zip(windows.amax(1), targets.boxes):
                for part in range(parts):
                    left, top = part % side * WIDTH, part // side * HEIGHT
                    shown = window[top:top + HEIGHT, left:left + WIDTH]
                    y, x = torch.nonzero(shown > (shown.max() + shown.min()) / 2, as_tuple=True)
                    found = torch.stack([x.min() + left, y.min() + top, x.max() + 1 + left, y.max() + 1 + top]).float()
                    self.assertLess(float((found - boxes[part]).abs().max()), 1.5, f"{found} instead of {boxes[part]}")

    def test_its_parts_are_placed_around_objects_more_often_than_other_windows(self):
        pictures = support.pictures(black(), [[(5, 5, 9, 9, CAR)]])
        options = WindowOptions(width=96, height=60, around_objects=0, mosaic_around_objects=1, most_zoom=1)
        _, targets = mosaic(pictures, torch.zeros(40, dtype=torch.long), EVEN, options, 2)
        self.assertTrue((targets.labels == CAR).all())

    def test_what_one_part_does_not_label_the_mosaic_does_not(self):
        pictures = support.pictures(black(2), [[], []])
        pictures.unlabelled[1, PERSON] = True
        _, targets = mosaic(pictures, torch.tensor([0, 0, 0, 0, 0, 1, 0, 0]), EVEN, still(), 2)
        self.assertEqual(targets.unlabelled[:, PERSON].tolist(), [False, True])

    def test_compact_leaves_out_what_is_not_there(self):
        pictures = support.pictures(black(2), [[(-80, 10, -20, 60, CAR), (30, 10, 60, 40, BUS), (10, 10, 12, 30, CAR)], []])
        _, targets = cut(pictures, torch.arange(2), EVEN, still())
        few = compact(targets)
        self.assertEqual(few.labels.tolist(), [[BUS, 0], [0, 0]])
        self.assertEqual(few.ignored.tolist(), [[False, True], [False, False]])
        self.assertTrue(torch.equal(few.boxes[0], targets.boxes[0, 1:]))


if __name__ == "__main__":
    unittest.main()
