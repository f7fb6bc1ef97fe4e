"""The losses are torchvision's where nothing is to be ignored."""

import contextlib
import unittest
import unittest.mock

import support
import torch
from support import CAR, PERSON
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.models.detection.rpn import concat_box_prediction_layers

from pretag_training import classes, detector_loss, model as models, region_pooling
from pretag_training.detector_loss import DetectorLoss, LossOptions
from pretag_training.windows import Targets

WIDTH, HEIGHT = 96, 64
EVERYTHING = LossOptions(anchors_a_picture=10**5, rois_a_picture=10**5)  # nothing is left to chance


def targets(rows, unlabelled=()):
    """Rows: a list of (box, label) of each picture."""
    most = max(1, max(map(len, rows)))
    made = Targets(torch.zeros(len(rows), most, 4), torch.zeros(len(rows), most, dtype=torch.long),
                   torch.zeros(len(rows), most, dtype=torch.bool), torch.zeros(len(rows), classes.OUTPUTS, dtype=torch.bool))
    for i, row in enumerate(rows):
        for k, (box, label) in enumerate(row):
            made.boxes[i, k], made.labels[i, k] = torch.tensor(box, dtype=torch.float32), label
    made.unlabelled[:, list(unlabelled)] = True
    return made


class LikeTorchvision(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(5)
        cls.model = models.build(models.ModelOptions(), torch.device("cpu"))
        patch = unittest.mock.patch.object(models, "autocast", lambda device: contextlib.nullcontext())
        patch.start()
        cls.addClassCleanup(patch.stop)
        cls.model.train()
        for layer in (cls.model.rpn.head.cls_logits, cls.model.rpn.head.bbox_pred):
            torch.nn.init.normal_(layer.weight, std=0.1)  # a new head says the same everywhere
        cls.losses_of = DetectorLoss(cls.model, EVERYTHING)
        cls.losses = cls.losses_of(torch.rand(2, 3, HEIGHT, WIDTH), targets([[((20, 10, 60, 50), CAR)], []]))

    def setUp(self):
        torch.manual_seed(6)
        self.features = [torch.rand(2, 256, -(-HEIGHT // side), -(-WIDTH // side), requires_grad=True) for side in (4, 8, 16, 32, 64)]
        self.targets = targets([[((20, 10, 60, 50), CAR)], [((3, 5, 40, 22), PERSON)]])
        self.torchvision_targets = [{"boxes": b, "labels": l} for b, l in zip(self.targets.boxes, self.targets.labels)]

    def test_four_losses_that_all_layers_learn_from(self):
        self.assertEqual(set(self.losses), {"objectness", "rpn_box", "classes", "box"})
        self.assertTrue(all(torch.isfinite(loss) and loss > 0 for loss in self.losses.values()))
        gradients = torch.autograd.grad(sum(self.losses.values()), list(self.model.parameters()), allow_unused=True)
        without = [name for (name, _), gradient in zip(self.model.named_parameters(), gradients) if gradient is None]
        self.assertEqual(without, [])

    def test_flatten_has_torchvisions_order(self):
        logits, deltas = self.model.rpn.head(self.features)
        wanted_logits, wanted_deltas = concat_box_prediction_layers(logits, deltas)
        self.assertTrue(torch.equal(detector_loss._flatten(logits, 1).flatten(), wanted_logits.flatten()))
        self.assertTrue(torch.equal(detector_loss._flatten(deltas, 4).reshape(-1, 4), wanted_deltas))

    def test_head_at_single_anchors_is_the_dense_head(self):
        dense = [detector_loss._flatten(levels, values) for levels, values in zip(self.model.rpn.head(self.features), (1, 4))]
        count = len(self.losses_of.anchors)
        self.assertEqual(dense[0].shape[1], count)
        asked_for = torch.rand(2, count) < 0.05
        asked_for[0, -20:] = True  # the last levels have only a few
        picture, anchor = torch.nonzero(asked_for, as_tuple=True)
        shuffled = torch.randperm(len(picture))
        picture, anchor = picture[shuffled], anchor[shuffled]
        logits, deltas = self.losses_of._head_at(self.features, picture, anchor)
        wanted_logits, wanted_deltas = dense[0][picture, anchor, 0], dense[1][picture, anchor]
        torch.testing.assert_close(logits, wanted_logits, atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(deltas, wanted_deltas, atol=1e-4, rtol=1e-3)

        weights = torch.randn(len(picture), 5)
        inputs = [*self.features, *self.model.rpn.head.parameters()]
        mine, theirs = (torch.autograd.grad((torch.cat([a[:, None], b], 1) * weights).sum(), inputs)
                        for a, b in ((logits, deltas), (wanted_logits, wanted_deltas)))
        for one, other in zip(mine, theirs):
            self.assertGreater(float(other.abs().max()), 0)
            torch.testing.assert_close(one, other, atol=2e-3, rtol=1e-3)

    def test_losses_of_the_proposal_network(self):
        rpn = self.model.rpn
        images = ImageList(torch.zeros(2, 3, HEIGHT, WIDTH), [(HEIGHT, WIDTH)] * 2)
        with unittest.mock.patch.object(rpn.fg_bg_sampler, "batch_size_per_image", 10**5):
            _, wanted = rpn(images, dict(enumerate(self.features)), self.torchvision_targets)
        losses = self.losses_of._rpn_losses(self.features, self.targets)
        self.assertAlmostEqual(float(losses["objectness"]), float(wanted["loss_objectness"]), places=4)
        self.assertAlmostEqual(float(losses["rpn_box"]), float(wanted["loss_rpn_box_reg"]), places=4)

    def test_proposals(self):
        rpn = self.model.rpn
        logits, deltas = rpn.head(self.features)
        flat_logits, flat_deltas = detector_loss._flatten(logits, 1)[..., 0], detector_loss._flatten(deltas, 4)
        proposals, valid = self.losses_of._proposals(flat_logits.detach(), flat_deltas.detach(), HEIGHT, WIDTH)
        decoded = rpn.box_coder.decode(flat_deltas.reshape(-1, 4).detach(), [self.losses_of.anchors] * 2).view(2, -1, 4)
        options = EVERYTHING
        with unittest.mock.patch.multiple(rpn, _pre_nms_top_n=dict.fromkeys(("training", "testing"), options.proposals_before_nms),
                                          _post_nms_top_n=dict.fromkeys(("training", "testing"), options.proposals)):
            wanted, _ = rpn.filter_proposals(decoded, flat_logits.reshape(-1, 1), [(HEIGHT, WIDTH)] * 2, self.losses_of.anchors_a_level)
        for b in range(2):
            # Rounding may decide what overlaps too much. In any order: where two score the same, theirs is chance.
            self.assertAlmostEqual(int(valid[b].sum()), len(wanted[b]), delta=2)
            apart = (proposals[b][valid[b]][:, None] - wanted[b]).abs().amax(2)
            for nearest in (apart.amin(0), apart.amin(1)):
                self.assertLess(float(nearest.sort().values[:-2].max()), 1e-2)

    def test_losses_of_the_box_head(self):
        heads = self.model.roi_heads
        generator = torch.Generator().manual_seed(7)
        proposals = torch.stack([support.random_boxes(40, WIDTH, HEIGHT, generator) for _ in range(2)])
        proposals[:, :10] = self.targets.boxes + 2 * torch.rand(2, 10, 4)  # close to the object
        losses = self.losses_of._box_losses(self.features, proposals, torch.ones(2, 40, dtype=torch.bool), self.targets)
        with unittest.mock.patch.object(heads.fg_bg_sampler, "batch_size_per_image", 10**5):
            chosen, _, labels, deltas = heads.select_training_samples(list(proposals), self.torchvision_targets)
        pooled = heads.box_roi_pool({str(i): level for i, level in enumerate(self.features[:4])}, chosen, [(HEIGHT, WIDTH)] * 2)
        wanted = fastrcnn_loss(*heads.box_predictor(heads.box_head(pooled)), labels, deltas)
        self.assertAlmostEqual(float(losses["classes"]), float(wanted[0]), places=4)
        self.assertAlmostEqual(float(losses["box"]), float(wanted[1]), places=4)

    def test_regions_are_pooled_from_torchvisions_levels(self):
        boxes = torch.tensor([[0.0, 0, 20, 20], [0, 0, 150, 150], [0, 0, 300, 300], [-200, -200, 500, 500]])
        wanted = self.model.roi_heads.box_roi_pool({str(i): level for i, level in enumerate(self.features[:4])},
                                                   [boxes, boxes[:0]], [(HEIGHT, WIDTH)] * 2)
        torch.testing.assert_close(region_pooling.pool(self.features, torch.zeros(4, dtype=torch.long), boxes), wanted, atol=1e-5, rtol=1e-4)


class InBfloat16(unittest.TestCase):
    def test_anchors_keep_their_places(self):
        """Anchors that are rounded as the maps are lie a pixel off beyond 256, and two beyond 512."""
        torch.manual_seed(5)
        model = models.build(models.ModelOptions(), torch.device("cpu"))
        losses_of = DetectorLoss(model, LossOptions())
        pixels = torch.rand(1, 3, 32, 544)
        losses_of(pixels, targets([[]]))
        maps = [torch.zeros(1, 256, -(-32 // side), -(-544 // side)) for side in (4, 8, 16, 32, 64)]
        (wanted,) = model.rpn.anchor_generator(ImageList(pixels, [(32, 544)]), maps)
        self.assertEqual(losses_of.anchors.dtype, torch.float32)
        self.assertTrue(torch.equal(losses_of.anchors, wanted))


if __name__ == "__main__":
    unittest.main()
