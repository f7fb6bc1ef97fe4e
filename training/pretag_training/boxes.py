"""Box arithmetic over a batch: IoU, torchvision's box coder, random choices. Boxes are x1 y1 x2 y2."""

import functools
import math

import torch


@functools.lru_cache(maxsize=64)
def constant(values, device):
    """A tensor of a tuple, copied to the device once: a GPU makes the program wait for such a copy until all before it is done."""
    return torch.tensor(values, device=device)


def area(boxes):
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def intersection(a, b):
    """(B, N, 4) and (B, M, 4) -> (B, N, M)."""
    width = torch.minimum(a[:, :, None, 2], b[:, None, :, 2]) - torch.maximum(a[:, :, None, 0], b[:, None, :, 0])
    height = torch.minimum(a[:, :, None, 3], b[:, None, :, 3]) - torch.maximum(a[:, :, None, 1], b[:, None, :, 1])
    return width.clamp_(min=0) * height.clamp_(min=0)


def iou(a, b):
    common = intersection(a, b)
    return common / (area(a)[:, :, None] + area(b)[:, None] - common + 1e-6)


def iou_and_coverage(a, b):
    """IoU, and the share of each box of `a` that lies in a box of `b`: what is in an ignored region is told by the latter."""
    common, area_a = intersection(a, b), area(a)[:, :, None]
    return common / (area_a + area(b)[:, None] - common + 1e-6), common / (area_a + 1e-6)


def encode(reference, boxes, weights):
    """What the network is to predict for `boxes` seen from `reference` (Faster R-CNN, section 3.1.2, times torchvision's weights)."""
    width, height = reference[..., 2] - reference[..., 0], reference[..., 3] - reference[..., 1]
    box_width, box_height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    dx = (boxes[..., 0] + box_width / 2 - reference[..., 0] - width / 2) / width
    dy = (boxes[..., 1] + box_height / 2 - reference[..., 1] - height / 2) / height
    deltas = torch.stack([dx, dy, torch.log(box_width / width), torch.log(box_height / height)], -1)
    return deltas * constant(weights, deltas.device)


def decode(reference, deltas, width, height):
    """The inverse with weights of 1, clipped to the picture."""
    reference_width, reference_height = reference[..., 2] - reference[..., 0], reference[..., 3] - reference[..., 1]
    x = reference[..., 0] + reference_width * (0.5 + deltas[..., 0])
    y = reference[..., 1] + reference_height * (0.5 + deltas[..., 1])
    limit = math.log(1000 / 16)
    half_width = reference_width * deltas[..., 2].clamp(max=limit).exp() / 2
    half_height = reference_height * deltas[..., 3].clamp(max=limit).exp() / 2
    return torch.stack([(x - half_width).clamp(0, width), (y - half_height).clamp(0, height),
                        (x + half_width).clamp(0, width), (y + half_height).clamp(0, height)], -1)


def choose(positive, negative, count, positive_share, weights=None, most_negative=None):
    """Random choice in each row of (B, N) masks: `count` at most, of them `positive_share` at most positive. Two masks.

    `weights` (B, N), 1 and more: how much rather a positive is taken than others. `most_negative` (B,): a limit of a row's own.
    """
    positive = _take(positive, torch.full((len(positive),), int(count * positive_share), device=positive.device), count, weights)
    room = count - positive.sum(1)
    return positive, _take(negative, room if most_negative is None else torch.minimum(room, most_negative), count)


def _take(mask, how_many, most, weights=None):
    """At random how_many[b] (at most `most`) of the set places of row b."""
    draw = torch.rand(mask.shape, device=mask.device)
    if weights is not None:
        draw = draw ** (1 / weights)  # Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006
    value, place = (draw * mask).topk(min(most, mask.shape[1]), dim=1)
    kept = (torch.arange(value.shape[1], device=mask.device) < how_many[:, None]) & (value > 0)
    return torch.zeros_like(mask).scatter_(1, place, kept)


def keep(boxes, threshold, rounds=12):
    """Greedy suppression within each row of (G, N, 4), best box first: which stay, (G, N).

    A box stays if none before it that stays overlaps it. Said of all boxes at once and repeated, that is right of the first k
    boxes of a chain after k rounds (Zheng et al., "Cluster-NMS", 2020); chains of proposals are shorter than ten.
    """
    over = (iou(boxes, boxes) > threshold).triu(1).float()
    kept = torch.ones_like(over[:, :1])
    for _ in range(rounds):
        before, kept = kept, (kept @ over == 0).float()
        if not kept.is_cuda and torch.equal(before, kept):
            break  # on a GPU to ask takes longer than to go on
    return kept[:, 0] > 0
