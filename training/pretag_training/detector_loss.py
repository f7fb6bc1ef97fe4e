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

from . import classes, model as models, region_pooling
from .boxes import area, choose, constant, decode, encode, intersection, iou_and_coverage, keep

BACKGROUND = tuple(label == 0 for label in range(classes.OUTPUTS))
FREQUENT = tuple(label in classes.FREQUENT for label in range(classes.OUTPUTS))


@dataclasses.dataclass
class LossOptions:
    anchors_a_picture: int = 256
    rois_a_picture: int = 256
    proposals_before_nms: int = 400  # a pyramid level
    proposals: int = 500


class DetectorLoss:
    def __init__(self, model, options, class_weights=None):
        """class_weights[label], 1 and more: how much rather the box head is shown regions of a class than others, where there are too many."""
        self.model, self.options, self.class_weights = model, options, class_weights
        self.anchors = self.places = None

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
            # In place: each of these is pictures x anchors x objects, gigabytes with a GPU's batch.
            common, size = intersection(anchors, targets.boxes), area(anchors)
            ignored = (common * targets.ignored[:, None]).amax(2) > 0.5 * size
            union = (size[..., None] + area(targets.boxes)[:, None]).sub_(common).add_(1e-6)
            overlap = common.div_(union).mul_(has_object[:, None])
            del union
            best, matched = overlap.max(2)
            # Of each object the best anchors are positive however small their overlap.
            is_best = (overlap >= overlap.amax(1, keepdim=True).clamp(min=0.1) - 1e-5) & has_object[:, None]
            forced = is_best.any(2)
            matched = torch.where(forced, is_best.byte().argmax(2), matched)
            positive = forced | (best >= 0.7)
            negative = (best < 0.3) & ~positive & ~ignored
            # Where classes are unlabelled, some of the "background" is objects: take fewer.
            unsure = (targets.unlabelled & constant(FREQUENT, targets.unlabelled.device)).any(1)
            most = torch.where(unsure, 0.3, 1.0) * torch.minimum(negative.sum(1), constant(self.options.anchors_a_picture, best.device))
            positive, negative = choose(positive, negative, self.options.anchors_a_picture, 0.5, most_negative=most)
            picture, anchor = torch.nonzero(positive | negative, as_tuple=True)
            is_object = positive[picture, anchor]
            wanted = encode(self.anchors[anchor], targets.boxes[picture, matched[picture, anchor]], (1.0, 1.0, 1.0, 1.0))
            found = torch.nonzero(is_object)[:, 0]
        logits, deltas = self._head_at(features, picture, anchor)
        count = max(1, len(picture))
        return {"objectness": F.binary_cross_entropy_with_logits(logits, is_object.float(), reduction="sum") / count,
                "rpn_box": F.smooth_l1_loss(deltas[found], wanted[found], beta=1 / 9, reduction="sum") / count}

    def _head_at(self, features, picture, anchor):
        """Logits (n,) and deltas (n, 4) of single anchors, differentiable; what the proposal network's head gives there."""
        head = self.model.rpn.head
        convolution = head.conv[0][0]
        a_place = head.cls_logits.out_channels
        first, a_picture, a_row = self._places(features, a_place)[:, anchor]
        corner = first + picture * a_picture
        down, across = constant(((0, 0, 0, 1, 1, 1, 2, 2, 2), (0, 1, 2) * 3), corner.device)
        places = torch.cat([F.pad(level, (1, 1, 1, 1)).permute(0, 2, 3, 1).reshape(-1, level.shape[1]) for level in features])
        patches = F.embedding((corner[:, None] + down * a_row[:, None] + across).flatten(), places)
        with models.autocast(patches.device):
            hidden = F.relu(F.linear(patches.view(len(anchor), -1), convolution.weight.permute(0, 2, 3, 1).flatten(1), convolution.bias))
            logits = F.linear(hidden, head.cls_logits.weight.flatten(1), head.cls_logits.bias)
            deltas = F.linear(hidden, head.bbox_pred.weight.flatten(1), head.bbox_pred.bias)
        which = anchor % a_place
        deltas = deltas.float().view(-1, a_place, 4)
        return logits.float().gather(1, which[:, None])[:, 0], deltas.gather(1, which[:, None, None].expand(-1, 1, 4))[:, 0]

    def _places(self, features, a_place):
        """Of each anchor: the first of its nine places in the table of all padded maps, the places of a picture, and those of a row."""
        if self.places is None:
            rows, begin = [], 0
            for level in features:
                count, _, height, width = level.shape
                y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
                first = begin + (y * (width + 2) + x).flatten().repeat_interleave(a_place)
                a_picture = (height + 2) * (width + 2)
                rows.append(torch.stack([first, torch.full_like(first, a_picture), torch.full_like(first, width + 2)]))
                begin += count * a_picture
            self.places = torch.cat(rows, 1).to(features[0].device)
        return self.places

    def _proposals(self, logits, deltas, height, width):
        """(B, proposals, 4) and which of them are there."""
        boxes, scores, begin = [], [], 0
        for anchors in self.anchors_a_level:
            score, top = logits[:, begin:begin + anchors].topk(min(self.options.proposals_before_nms, anchors), dim=1)
            top += begin
            box = decode(self.anchors[top], deltas.gather(1, top[..., None].expand(-1, -1, 4)), width, height)
            boxes.append(box)
            scores.append(score.masked_fill(~keep(box, 0.7), -torch.inf))
            begin += anchors
        scores, order = torch.cat(scores, 1).topk(min(self.options.proposals, sum(s.shape[1] for s in scores)), dim=1)
        return torch.cat(boxes, 1).gather(1, order[..., None].expand(-1, -1, 4)), scores > -torch.inf

    def _box_losses(self, features, proposals, valid, targets):
        with torch.no_grad():
            has_object = targets.labels > 0
            proposals = torch.cat([proposals, targets.boxes], 1)
            valid = torch.cat([valid, has_object], 1)
            valid &= ((proposals[..., 2] - proposals[..., 0]) > 1) & ((proposals[..., 3] - proposals[..., 1]) > 1)
            overlap, coverage = iou_and_coverage(proposals, targets.boxes)
            best, matched = (overlap * has_object[:, None]).max(2)
            ignored = (coverage * targets.ignored[:, None]).amax(2) > 0.5
            weights = None if self.class_weights is None else self.class_weights[targets.labels.gather(1, matched)].clamp(min=1)
            positive, negative = choose(valid & (best >= 0.5), valid & (best < 0.5) & ~ignored, self.options.rois_a_picture, 0.25, weights)
            picture, roi = torch.nonzero(positive | negative, as_tuple=True)
            boxes, object_boxes = proposals[picture, roi], targets.boxes[picture, matched[picture, roi]]
            labels = torch.where(positive[picture, roi], targets.labels[picture, matched[picture, roi]], 0)
        with models.autocast(boxes.device):
            logits, deltas = self.model.roi_heads.box_predictor(self.model.roi_heads.box_head(region_pooling.pool(features, picture, boxes)))
        logits, deltas = logits.float(), deltas.float().view(len(boxes), classes.OUTPUTS, 4)
        frequent, background = (constant(mask, labels.device) for mask in (FREQUENT, BACKGROUND))
        allowed = torch.where((labels == 0)[:, None], background | (targets.unlabelled[picture] & frequent),
                              F.one_hot(labels, classes.OUTPUTS).bool())
        class_loss = -F.log_softmax(logits, 1).masked_fill(~allowed, -1e4).logsumexp(1)
        found = torch.nonzero(labels)[:, 0]
        wanted = encode(boxes[found], object_boxes[found], (10.0, 10.0, 5.0, 5.0))
        count = max(1, len(boxes))
        return {"classes": class_loss.sum() / count,
                "box": F.smooth_l1_loss(deltas[found, labels[found]], wanted, beta=1 / 9, reduction="sum") / count}


def _flatten(levels, values):
    """A list of (B, A * values, H, W) -> (B, all anchors, values) in the order of torchvision's anchors."""
    return torch.cat([level.unflatten(1, (-1, values)).permute(0, 3, 4, 1, 2).reshape(len(level), -1, values).float() for level in levels], 1)
