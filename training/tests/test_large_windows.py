"""A share of the batches has fewer windows that are larger, so that objects as large as a frame are seen whole."""

import pathlib
import types
import unittest
from unittest import mock

import support
import torch

from pretag_training import detector, model, schedule, team
from pretag_training.windows import WindowOptions, cut

CANVAS = (192, 108)
WINDOW = (96, 54)


def street(count=4):
    """Pictures with one car each, nearly as large as the canvas."""
    return support.pictures(torch.randint(1, 256, (count, 3, CANVAS[1], CANVAS[0]), dtype=torch.uint8), [[(10, 10, 180, 100, support.CAR)]] * count)


class LargeWindows(support.TemporaryFolderTest):
    def test_show_large_objects_whole_and_nothing_beyond_the_picture(self):
        windows = detector.larger(WindowOptions(*WINDOW), street())
        self.assertEqual((windows.width, windows.height), (192, 108))
        self.assertEqual((windows.least_zoom, windows.most_zoom), (0.5, 1.0))
        pixels, targets = cut(street(64), torch.arange(64), torch.ones(8), windows)
        self.assertTrue((targets.labels > 0).any())
        self.assertLess(float((pixels == 0).all(1).float().mean()), 0.01, "what is beyond a picture is black")

    def test_are_shown_to_the_detector_and_it_learns_from_them(self):
        torch.manual_seed(1)
        seen = []

        def watched(pictures, chosen, weights, windows):
            seen.append((windows.width, windows.height, len(chosen)))
            return cut(pictures, chosen, weights, windows)

        options = detector.DetectorOptions(batch=4, mosaics=0, warmup_steps=1, windows=WindowOptions(*WINDOW))
        folder = pathlib.Path(self.folder)
        network = model.build(model.ModelOptions(), torch.device("cpu"))
        before = network.roi_heads.box_predictor.cls_score.weight.detach().clone()
        with mock.patch.object(detector, "cut", watched):
            detector.train(network, street(), options, schedule.Budget(pictures=32), folder, types.SimpleNamespace(say=lambda **facts: None),
                           team.Team())
        self.assertEqual(set(seen), {(96, 54, 4), (192, 108, 1)})
        self.assertFalse(torch.equal(network.roi_heads.box_predictor.cls_score.weight, before))


if __name__ == "__main__":
    unittest.main()
