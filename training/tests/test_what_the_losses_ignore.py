"""Regions and classes of which nothing is known teach nothing; a detector that is right has nothing to learn."""

import types
import unittest

import support  # noqa: F401  first: it says where the package lies
import torch
from support import CAR, PERSON
from torchvision.models.detection._utils import BoxCoder

from pretag_training import classes
from pretag_training.detector_loss import DetectorLoss, LossOptions
from test_detector_loss import EVERYTHING, targets

BICYCLE, TRAIN = (classes.label_of(name) for name in ("bicycle", "train"))


class BoxHead(unittest.TestCase):
    """A stub takes the box head's place: it says the same of every region, and counts them."""

    def setUp(self):
        torch.manual_seed(8)
        self.logits, self.deltas, self.regions = torch.zeros(classes.OUTPUTS, requires_grad=True), None, 0
        self.features = [torch.zeros(1, 4, 64 // side, 96 // side) for side in (4, 8, 16, 32)]

    def losses(self, boxes, these, options=EVERYTHING):
        def predict(pooled):
            self.regions = len(pooled)
            deltas = torch.zeros(len(pooled), classes.OUTPUTS, 4) if self.deltas is None else self.deltas
            return self.logits.expand(len(pooled), -1), deltas.flatten(1)

        heads = types.SimpleNamespace(box_head=lambda pooled: pooled, box_predictor=predict)
        losses_of = DetectorLoss(types.SimpleNamespace(roi_heads=heads), options)
        return losses_of._box_losses(self.features, torch.tensor(boxes).view(1, -1, 4).float(), torch.ones(1, len(boxes), dtype=torch.bool), these)

    def test_background_pushes_down_all_classes_that_are_labelled(self):
        self.losses([(5, 5, 30, 30)], targets([[]]))["classes"].backward()
        self.assertTrue((self.logits.grad[1:] > 0).all())

    def test_background_may_be_an_unlabelled_class(self):
        self.losses([(5, 5, 30, 30)], targets([[]], unlabelled=[BICYCLE, TRAIN]))["classes"].backward()
        self.assertTrue((self.logits.grad[[0, BICYCLE]] <= 0).all(), self.logits.grad)
        self.assertTrue((self.logits.grad[[CAR, PERSON]] > 0).all(), self.logits.grad)

    def test_background_is_no_train(self):
        """Or nothing would teach that roads are none."""
        self.losses([(5, 5, 30, 30)], targets([[]], unlabelled=[TRAIN]))["classes"].backward()
        self.assertGreater(self.logits.grad[TRAIN], 0)

    def test_an_object_is_its_class_only(self):
        self.losses([], targets([[((5, 5, 30, 30), CAR)]], unlabelled=[BICYCLE]))["classes"].backward()
        self.assertLess(self.logits.grad[CAR], 0)
        self.assertTrue((self.logits.grad[[0, BICYCLE, PERSON]] > 0).all(), self.logits.grad)

    def test_ignored_regions_are_not_sampled(self):
        these = targets([[((5, 5, 45, 45), 0)]])
        these.ignored[0, 0] = True
        self.losses([(5, 5, 45, 45), (10, 10, 20, 20), (20, 20, 55, 40), (60, 30, 90, 60)], these)
        self.assertEqual(self.regions, 1)  # the last: of all others more than a half is inside
        these.ignored[0, 0] = False
        self.losses([(5, 5, 45, 45), (10, 10, 20, 20), (20, 20, 55, 40), (60, 30, 90, 60)], these)
        self.assertEqual(self.regions, 4)

    def test_an_object_in_an_ignored_region_is_still_one(self):
        these = targets([[((0, 0, 60, 60), 0), ((10, 10, 40, 40), CAR)]])
        these.ignored[0, 0] = True
        self.losses([(11, 11, 41, 41)], these)
        self.assertEqual(self.regions, 2)  # the proposal, and the object itself

    def test_right_deltas_cost_nothing(self):
        box, proposal = (20.0, 10, 60, 50), (25.0, 12, 62, 49)
        right = BoxCoder((10.0, 10.0, 5.0, 5.0)).encode([torch.tensor([box])], [torch.tensor([proposal])])[0]
        self.deltas = torch.full((2, classes.OUTPUTS, 4), 9.0)  # of other classes: without meaning
        self.deltas[0, CAR], self.deltas[1, CAR] = right[0], 0  # the object itself is the last proposal
        self.assertAlmostEqual(float(self.losses([proposal], targets([[(box, CAR)]]))["box"]), 0, places=5)
        self.assertGreater(float(self.losses([proposal], targets([[(box, PERSON)]]))["box"]), 1)

    def test_at_most_a_quarter_are_objects(self):
        boxes = [(5 + i, 5, 45 + i, 45) for i in range(8)] + [(60, 10 + i, 90, 20 + i) for i in range(40)]
        self.losses(boxes, targets([[((5, 5, 45, 45), CAR)]]), LossOptions(rois_a_picture=16))["classes"].backward()
        self.assertEqual(self.regions, 16)
        # Even logits: an object pulls its class by 7/8 and pushes the others by 1/8 a region.
        self.assertAlmostEqual(float(self.logits.grad[CAR]), (12 / 8 - 4 * 7 / 8) / 16, places=5)


class ProposalNetwork(unittest.TestCase):
    """A grid of anchors of 16 pixels, and a stub that remembers which were asked for."""

    def setUp(self):
        torch.manual_seed(9)
        x, y = torch.meshgrid(torch.arange(8, 92, 4.0), torch.arange(8, 60, 4.0), indexing="ij")
        centre = torch.stack([x.flatten(), y.flatten()], 1)
        self.losses_of = DetectorLoss(None, EVERYTHING)
        self.anchors = self.losses_of.anchors = torch.cat([centre - 8, centre + 8], 1)

    def sampled(self, these, deltas_of=lambda anchors: torch.zeros(len(anchors), 4)):
        """(anchors sampled as objects, as background, losses)."""
        asked = {}

        def head_at(features, picture, anchor):
            asked["anchors"], asked["logits"] = self.anchors[anchor], torch.zeros(len(anchor), requires_grad=True)
            return asked["logits"], deltas_of(self.anchors[anchor])

        self.losses_of._head_at = head_at
        losses = self.losses_of._rpn_losses(None, these)
        losses["objectness"].backward()
        is_object = asked["logits"].grad < 0
        return asked["anchors"][is_object], asked["anchors"][~is_object], losses

    def test_the_best_anchor_of_an_object_is_positive_however_small_its_overlap(self):
        objects, background, _ = self.sampled(targets([[((20, 20, 44, 60), CAR)]]))  # IoU 256 / 960 at most
        self.assertGreater(len(objects), 0)
        for x1, y1, x2, y2 in objects.tolist():
            self.assertTrue(20 <= x1 and 20 <= y1 and x2 <= 44 and y2 <= 60)
        self.assertGreater(len(background), 100)

    def test_an_object_that_no_anchor_fits_is_not_forced_upon_one(self):
        objects, _, _ = self.sampled(targets([[((20, 20, 24, 24), CAR)]]))  # IoU 1 / 16
        self.assertEqual(len(objects), 0)

    def test_ignored_regions_are_neither(self):
        these = targets([[((0, 0, 48, 64), 0)]])
        these.ignored[0, 0] = True
        objects, background, _ = self.sampled(these)
        self.assertEqual(len(objects), 0)
        self.assertGreaterEqual(float(background[:, 0].min()), 40)  # at least a half is outside
        self.assertGreater(len(background), 100)

    def test_right_deltas_cost_nothing(self):
        box = torch.tensor([[21.0, 19, 39, 34]])
        right = lambda anchors: BoxCoder((1.0,) * 4).encode([box.expand(len(anchors), -1)], [anchors])[0]
        these = targets([[(box[0].tolist(), CAR)]])
        self.assertAlmostEqual(float(self.sampled(these, right)[2]["rpn_box"]), 0, places=6)
        self.assertGreater(float(self.sampled(these)[2]["rpn_box"]), 0)

    def test_less_background_where_objects_may_be_unlabelled(self):
        everything = len(self.sampled(targets([[]]))[1])
        self.assertEqual(everything, len(self.anchors))
        self.assertAlmostEqual(len(self.sampled(targets([[]], unlabelled=[BICYCLE]))[1]) / everything, 0.3, delta=0.1)
        # Hardly any set labels trains; they are too rare to leave so much away.
        self.assertEqual(len(self.sampled(targets([[]], unlabelled=[TRAIN]))[1]), everything)

    def test_less_background_also_where_there_is_more_than_is_taken(self):
        self.losses_of.options = LossOptions(anchors_a_picture=40)
        self.assertEqual(len(self.sampled(targets([[]]))[1]), 40)
        self.assertEqual(len(self.sampled(targets([[]], unlabelled=[BICYCLE]))[1]), 12)

    def test_half_are_objects_at_most(self):
        self.losses_of.options = LossOptions(anchors_a_picture=8)
        objects, background, _ = self.sampled(targets([[(box.tolist(), CAR) for box in self.anchors[::9]]]))
        self.assertEqual((len(objects), len(background)), (4, 4))


if __name__ == "__main__":
    unittest.main()
