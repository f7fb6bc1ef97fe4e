"""Faster R-CNN's four losses, over the whole batch at once, with regions and classes that are to be ignored.

Matching, sampling and losses are torchvision's (Ren et al., "Faster R-CNN", 2015; Lin et al., "Feature Pyramid Networks", 2017), but
- an object that is cut off, tiny or in a crowd is neither object nor background;
- where a set does not label a class, background may be that class, unless it is as rare as trains;
- the gradient of the proposal network's 3x3 convolution is computed at the sampled anchors only, a few hundred of tens of
  thousands of places: the same gradient for a fifth less work.
"""

import dataclasses

import torch
import torch.nn.functional as F
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import batched_nms

from . import classes, model as models, region_pooling
from .boxes import choose, decode, encode, iou_and_coverage


@dataclasses.dataclass
class LossOptions:
    anchors_a_picture: int = 256
    rois_a_picture: int = 128
    proposals_before_nms: int = 400  # a pyramid level
    proposals: int = 500


class DetectorLoss:
    def __init__(self, model, options):
        self.model, self.options = model, options
        self.anchors = None

    def __call__(self, pixels, targets):
        """Pixels in 0..1 and windows.Targets -> {name: loss}."""
        device = pixels.device
        with models.autocast(device):
            features = list(self.model.backbone(models.normalise(pixels)).values())
            with torch.no_grad():
                logits, deltas = self.model.rpn.head(features)
        if self.anchors is None:
            image_list = ImageList(pixels, [tuple(pixels.shape[2:])] * len(pixels))
            # Anchors take the type of the maps, and bfloat16 has no odd numbers beyond 256.
            self.anchors = self.model.rpn.anchor_generator(image_list, [level.float() for level in features])[0]
            self.anchors_a_level = [level[0].numel() for level in logits]
        logits, deltas = _flatten(logits, 1)[..., 0], _flatten(deltas, 4)
        losses = self._rpn_losses(features, targets)
        with torch.no_grad():
            proposals, valid = self._proposals(logits, deltas, *pixels.shape[2:])
        return losses | self._box_losses(features, proposals, valid, targets)

    def _rpn_losses(self, features, targets):
        with torch.no_grad():
            anchors = self.anchors[None]
            has_object = targets.labels > 0
            overlap, coverage = iou_and_coverage(anchors.expand(len(has_object), -1, -1), targets.boxes)
            overlap *= has_object[:, None]
            best, matched = overlap.max(2)
            # Of each object the best anchors are positive however small their overlap.
            is_best = (overlap >= overlap.amax(1, keepdim=True).clamp(min=0.1) - 1e-5) & has_object[:, None]
            forced = is_best.any(2)
            matched = torch.where(forced, is_best.float().argmax(2), matched)
            ignored = (coverage * targets.ignored[:, None]).amax(2) > 0.5
            positive = forced | (best >= 0.7)
            negative = (best < 0.3) & ~positive & ~ignored
            # Where classes are unlabelled, some of the "background" is objects: take fewer.
            unsure = targets.unlabelled[:, list(classes.FREQUENT)].any(1)
            negative &= ~(unsure[:, None] & (torch.rand_like(best) < 0.7))
            positive, negative = choose(positive, negative, self.options.anchors_a_picture, 0.5)
            picture, anchor = torch.nonzero(positive | negative, as_tuple=True)
            is_object = positive[picture, anchor]
            wanted = encode(self.anchors[anchor], targets.boxes[picture, matched[picture, anchor]], (1.0, 1.0, 1.0, 1.0))
        logits, deltas = self._head_at(features, picture, anchor)
        count = max(1, len(picture))
        return {"objectness": F.binary_cross_entropy_with_logits(logits, is_object.float(), reduction="sum") / count,
                "rpn_box": F.smooth_l1_loss(deltas[is_object], wanted[is_object], beta=1 / 9, reduction="sum") / count}

    def _head_at(self, features, picture, anchor):
        """Logits (n,) and deltas (n, 4) of single anchors, differentiable; what the proposal network's head gives there."""
        head = self.model.rpn.head
        convolution = head.conv[0][0]
        a_place = head.cls_logits.out_channels
        kernel = convolution.weight.permute(0, 2, 3, 1).flatten(1)
        logits, deltas, order, begin = [], [], [], 0
        for level, count in zip(features, self.anchors_a_level):
            here = torch.nonzero((anchor >= begin) & (anchor < begin + count))[:, 0]
            place, which = (anchor[here] - begin) // a_place, (anchor[here] - begin) % a_place
            height, width = level.shape[2:]
            y, x = place // width, place % width
            rows = F.pad(level, (1, 1, 1, 1)).permute(0, 2, 3, 1).reshape(-1, level.shape[1])
            corner = (picture[here] * (height + 2) + y) * (width + 2) + x
            shifts = torch.tensor([dy * (width + 2) + dx for dy in range(3) for dx in range(3)], device=corner.device)
            patches = F.embedding((corner[:, None] + shifts).flatten(), rows).reshape(len(here), kernel.shape[1])
            with models.autocast(level.device):
                hidden = F.relu(F.linear(patches, kernel, convolution.bias))
                level_logits = F.linear(hidden, head.cls_logits.weight.flatten(1), head.cls_logits.bias)
                level_deltas = F.linear(hidden, head.bbox_pred.weight.flatten(1), head.bbox_pred.bias)
            logits.append(level_logits.float().gather(1, which[:, None])[:, 0])
            deltas.append(level_deltas.float().reshape(len(here), a_place, 4)[torch.arange(len(here), device=which.device), which])
            order.append(here)
            begin += count
        back = torch.cat(order).argsort()
        return torch.cat(logits)[back], torch.cat(deltas)[back]

    def _proposals(self, logits, deltas, height, width):
        """(B, proposals, 4) and which of them are there."""
        count = len(logits)
        chosen, level_of, begin = [], [], 0
        for level, anchors in enumerate(self.anchors_a_level):
            top = logits[:, begin:begin + anchors].topk(min(self.options.proposals_before_nms, anchors), dim=1).indices + begin
            chosen.append(top)
            level_of.append(torch.full_like(top, level))
            begin += anchors
        chosen, level_of = torch.cat(chosen, 1), torch.cat(level_of, 1)
        boxes = decode(self.anchors[chosen], deltas.gather(1, chosen[..., None].expand(-1, -1, 4)), width, height)
        scores = logits.gather(1, chosen)
        proposals = torch.zeros(count, self.options.proposals, 4, device=logits.device)
        valid = torch.zeros(count, self.options.proposals, dtype=torch.bool, device=logits.device)
        for b in range(count):
            kept = batched_nms(boxes[b], scores[b], level_of[b], 0.7)[:self.options.proposals]
            proposals[b, :len(kept)], valid[b, :len(kept)] = boxes[b, kept], True
        return proposals, valid

    def _box_losses(self, features, proposals, valid, targets):
        with torch.no_grad():
            has_object = targets.labels > 0
            proposals = torch.cat([proposals, targets.boxes], 1)
            valid = torch.cat([valid, has_object], 1)
            valid &= ((proposals[..., 2] - proposals[..., 0]) > 1) & ((proposals[..., 3] - proposals[..., 1]) > 1)
            overlap, coverage = iou_and_coverage(proposals, targets.boxes)
            best, matched = (overlap * has_object[:, None]).max(2)
            ignored = (coverage * targets.ignored[:, None]).amax(2) > 0.5
            positive, negative = choose(valid & (best >= 0.5), valid & (best < 0.5) & ~ignored, self.options.rois_a_picture, 0.25)
            picture, roi = torch.nonzero(positive | negative, as_tuple=True)
            boxes, object_boxes = proposals[picture, roi], targets.boxes[picture, matched[picture, roi]]
            labels = torch.where(positive[picture, roi], targets.labels[picture, matched[picture, roi]], 0)
        with models.autocast(boxes.device):
            logits, deltas = self.model.roi_heads.box_predictor(self.model.roi_heads.box_head(region_pooling.pool(features, picture, boxes)))
        logits, deltas = logits.float(), deltas.float().view(len(boxes), classes.OUTPUTS, 4)
        background = torch.zeros(classes.OUTPUTS, dtype=torch.bool, device=labels.device)
        background[0] = True
        frequent = torch.zeros_like(background)
        frequent[list(classes.FREQUENT)] = True
        allowed = torch.where((labels == 0)[:, None], background | (targets.unlabelled[picture] & frequent),
                              F.one_hot(labels, classes.OUTPUTS).bool())
        class_loss = -F.log_softmax(logits, 1).masked_fill(~allowed, -1e4).logsumexp(1)
        found = labels > 0
        wanted = encode(boxes[found], object_boxes[found], (10.0, 10.0, 5.0, 5.0))
        count = max(1, len(boxes))
        return {"classes": class_loss.sum() / count,
                "box": F.smooth_l1_loss(deltas[found, labels[found]], wanted, beta=1 / 9, reduction="sum") / count}


def _flatten(levels, values):
    """A list of (B, A * values, H, W) -> (B, all anchors, values) in the order of torchvision's anchors."""
    return torch.cat([level.unflatten(1, (-1, values)).permute(0, 3, 4, 1, 2).reshape(len(level), -1, values).float() for level in levels], 1)
