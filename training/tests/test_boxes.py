"""Box arithmetic against hand-made boxes and torchvision's own."""

import unittest

import support  # noqa: F401  first: it says where the package lies
import torch
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import box_iou, nms

from pretag_training import boxes

ONES, BOX_HEAD = (1.0, 1.0, 1.0, 1.0), (10.0, 10.0, 5.0, 5.0)


def batch(*rows):
    return torch.tensor([rows], dtype=torch.float32)


class BoxArithmetic(unittest.TestCase):
    def setUp(self):
        generator = torch.Generator().manual_seed(1)
        self.references = support.random_boxes(200, 320, 180, generator)
        self.objects = support.random_boxes(200, 320, 180, generator)

    def test_decode_is_the_inverse_of_encode(self):
        decoded = boxes.decode(self.references, boxes.encode(self.references, self.objects, ONES), 320, 180)
        torch.testing.assert_close(decoded, self.objects, atol=1e-2, rtol=0)

    def test_encode_is_torchvisions(self):
        for weights in (ONES, BOX_HEAD):
            torch.testing.assert_close(boxes.encode(self.references, self.objects, weights),
                                       BoxCoder(weights).encode([self.objects], [self.references])[0], atol=1e-4, rtol=1e-4)

    def test_decode_clips_to_the_picture_and_limits_growth(self):
        reference = torch.tensor([[10.0, 10, 30, 30]])
        box = boxes.decode(reference, torch.tensor([[-5.0, 0, 0, 0]]), 100, 50)
        self.assertEqual(box.tolist(), [[0, 10, 0, 30]])
        box = boxes.decode(reference, torch.tensor([[0.0, 0, 1000, 1000]]), 1e6, 1e6)
        self.assertLess(float(box[0, 2]), 20 + 20 * 1000 / 16 / 2 + 1)

    def test_iou_of_hand_made_boxes(self):
        a = batch([0, 0, 10, 10], [0, 0, 0, 0])
        b = batch([0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 7, 6])
        torch.testing.assert_close(boxes.iou(a, b)[0], torch.tensor([[1, 1 / 3, 0, 0.2], [0, 0, 0, 0]]), atol=1e-5, rtol=0)

    def test_iou_is_torchvisions(self):
        torch.testing.assert_close(boxes.iou(self.references[None], self.objects[None])[0],
                                   box_iou(self.references, self.objects), atol=1e-5, rtol=1e-5)

    def test_coverage_is_the_share_of_the_first_box(self):
        small, large = [2, 2, 7, 6], [0, 0, 10, 10]
        iou, coverage = boxes.iou_and_coverage(batch(small, large, [5, 0, 15, 10]), batch(large))
        torch.testing.assert_close(coverage[0, :, 0], torch.tensor([1, 1, 0.5]), atol=1e-5, rtol=0)
        torch.testing.assert_close(iou[0, :, 0], torch.tensor([0.2, 1, 1 / 3]), atol=1e-5, rtol=0)
        self.assertAlmostEqual(float(boxes.iou_and_coverage(batch(large), batch(small))[1]), 0.2, places=5)


class Choice(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(2)
        self.positive, self.negative = torch.zeros(3, 100, dtype=torch.bool), torch.zeros(3, 100, dtype=torch.bool)
        self.positive[0, :50], self.negative[0, 50:] = True, True  # enough of both
        self.positive[1, :3], self.negative[1, 50:] = True, True   # few positive
        self.positive[2, 3:5], self.negative[2, 5:8] = True, True  # few of both

    def test_counts_and_shares(self):
        positive, negative = boxes.choose(self.positive, self.negative, 20, 0.25)
        self.assertEqual(positive.sum(1).tolist(), [5, 3, 2])
        self.assertEqual(negative.sum(1).tolist(), [15, 17, 3])

    def test_only_from_the_masks(self):
        positive, negative = boxes.choose(self.positive, self.negative, 20, 0.25)
        self.assertFalse((positive & ~self.positive).any())
        self.assertFalse((negative & ~self.negative).any())

    def test_more_wanted_than_places(self):
        positive, negative = boxes.choose(self.positive, self.negative, 1000, 0.5)
        self.assertTrue(torch.equal(positive, self.positive))
        self.assertTrue(torch.equal(negative, self.negative))

    def test_every_place_has_its_chance(self):
        chosen = sum(boxes.choose(self.positive, self.negative, 20, 0.25)[0][0].long() for _ in range(300))
        self.assertGreater(int(chosen[:50].min()), 5)  # of 30 expected

    def test_heavier_ones_are_taken_more_often(self):
        weights = torch.ones(3, 100)
        weights[0, :10] = 5
        chosen = sum(boxes.choose(self.positive, self.negative, 20, 0.25, weights)[0][0].long() for _ in range(300))
        self.assertEqual(int(chosen.sum()), 300 * 5)
        self.assertGreater(int(chosen[:10].sum()), 2 * int(chosen[10:50].sum()) / 4)

    def test_a_row_may_take_fewer_negatives(self):
        negative = boxes.choose(self.positive, self.negative, 20, 0.25, most_negative=torch.tensor([4, 100, 2]))[1]
        self.assertEqual(negative.sum(1).tolist(), [4, 17, 2])


class Suppression(unittest.TestCase):
    def test_it_is_torchvisions(self):
        generator = torch.Generator().manual_seed(3)
        crowded = torch.stack([support.random_boxes(120, 90, 60, generator) for _ in range(3)])
        kept = boxes.keep(crowded, 0.4)
        scores = torch.arange(120, 0, -1).float()  # the best is first
        for row, these in zip(kept, crowded):
            expected = nms(these, scores, 0.4).sort().values
            self.assertLess(len(expected), 100)
            self.assertEqual(torch.nonzero(row)[:, 0].tolist(), expected.tolist())


if __name__ == "__main__":
    unittest.main()
