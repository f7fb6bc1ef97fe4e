"""RoIAlign over the feature pyramid (He et al., "Mask R-CNN", 2017; Lin et al., "Feature Pyramid Networks", 2017, equation 1).

What torchvision computes with `aligned=False` and two samples a bin and side, for all levels at once, as weighted sums of rows
of a table of places: the channels of a place lie side by side, so sums and their gradients run over memory in order. On a
processor that takes a quarter of torchvision's time, which was a fifth of a training step's.
"""

import torch
import torch.nn.functional as F

from .boxes import constant

BINS, SAMPLES = 7, 2  # a side; samples of a bin


def pool(features, picture, boxes):
    """Of regions `boxes` (n, 4), in pixels, of the windows `picture` (n,) -> (n, C, 7, 7) in float32.

    `features`: the pyramid's maps (B, C, H, W), a quarter, an eighth … of the window's size; those beyond the fourth are not used.
    """
    features, count = features[:4], len(boxes)
    places = torch.cat([level.permute(0, 2, 3, 1).reshape(-1, level.shape[1]) for level in features])
    if not places.is_cuda:
        places = places.float()
    level_of = _level_of(boxes)
    begins = [0]
    for level in features[:-1]:
        begins.append(begins[-1] + level.shape[0] * level.shape[2] * level.shape[3])
    begin, height, width = (constant(tuple(values), boxes.device)[level_of] for values in
                            (begins, [level.shape[2] for level in features], [level.shape[3] for level in features]))
    scaled = boxes * constant((1 / 4, 1 / 8, 1 / 16, 1 / 32), boxes.device)[level_of, None]
    x, x_weights = _along(scaled[:, 0], scaled[:, 2], width)
    y, y_weights = _along(scaled[:, 1], scaled[:, 3], height)
    across, down = (count, 1, BINS, 1, 2 * SAMPLES), (count, BINS, 1, 2 * SAMPLES, 1)
    first, width = (value.view(count, 1, 1, 1, 1) for value in (begin + picture * height * width, width))
    place = first + y.view(down) * width + x.view(across)
    weights = y_weights.view(down) * x_weights.view(across) / SAMPLES**2
    pooled = F.embedding_bag(place.flatten(3).flatten(0, 2), places, per_sample_weights=weights.flatten(3).flatten(0, 2).to(places.dtype), mode="sum")
    return pooled.view(count, BINS, BINS, -1).permute(0, 3, 1, 2)


def _level_of(boxes):
    side = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sqrt()
    return torch.floor(4 + torch.log2(side / 224 + 1e-6)).clamp(2, 5).long() - 2


def _along(low, high, size):
    """Samples along a side: the two places around each and their weights, (n, BINS * SAMPLES, 2)."""
    steps = (torch.arange(BINS * SAMPLES, device=low.device) + 0.5) / (BINS * SAMPLES)
    at = low[:, None] + (high - low).clamp(min=1)[:, None] * steps
    inside = (at >= -1) & (at <= size[:, None])
    at = torch.minimum(at.clamp(min=0), size[:, None] - 1.0)
    before = at.floor().long()
    after = torch.minimum(before + 1, size[:, None] - 1)
    share = at - before
    return torch.stack([before, after], -1), torch.stack([1 - share, share], -1) * inside[..., None]
