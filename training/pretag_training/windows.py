"""What the detector sees in training: windows cut from the pictures at random places and sizes, mirrored and recoloured.

A window half as wide as the picture shows its objects twice as large, for the same computing as the whole picture.
"""

import dataclasses
import math

import torch
import torch.nn.functional as F

from .boxes import area, constant
from .crops import jitter_colours


@dataclasses.dataclass
class WindowOptions:
    width: int = 512
    height: int = 288
    least_zoom: float = 0.5    # pixels of the canvas a pixel of the window
    most_zoom: float = 1.25
    fit_zoom: float = 2.0        # up to this, a window placed around an object is so large that it shows all of it
    around_objects: float = 0.5  # share of the windows that are placed around an object, rare classes first
    mosaic_around_objects: float = 0.85  # the same, of the parts of a mosaic
    least_side: float = 3      # window pixels; smaller objects are ignored
    least_visible: float = 0.35  # share of an object; of less, it is ignored


@dataclasses.dataclass
class Targets:
    boxes: torch.Tensor    # (B, G, 4) x1 y1 x2 y2 in the window
    labels: torch.Tensor   # (B, G), 0 where there is no object to find
    ignored: torch.Tensor  # (B, G) regions that are neither object nor background
    unlabelled: torch.Tensor  # (B, classes.OUTPUTS)


def cut(pictures, chosen, class_weights, options):
    """One affine resampling of the chosen pictures. Returns pixels (B, 3, height, width) in 0..1 and Targets.

    class_weights[label] says how much more windows are placed around objects of a class than around others.
    """
    device, count, width, height = pictures.pixels.device, len(chosen), options.width, options.height
    boxes, labels = pictures.boxes[chosen], pictures.labels[chosen]
    most = max(1, int((labels > 0).sum(1).max()))  # objects come first in each row
    boxes, labels, crowd = boxes[:, :most], labels[:, :most], pictures.crowd[chosen, :most]
    around = _choose_objects(class_weights[labels] * ~crowd, options.around_objects)
    zoom = torch.exp(torch.empty(count, device=device).uniform_(math.log(options.least_zoom), math.log(options.most_zoom)))
    zoom = _fit(zoom, boxes, around, pictures.sizes[chosen], options)
    mirror = (torch.rand(count, device=device) < 0.5).float() * 2 - 1
    centre_x, centre_y = _place(boxes, around, pictures.sizes[chosen], zoom[:, None] * constant((width, height), device))
    theta = torch.zeros(count, 2, 3, device=device)
    canvas_height, canvas_width = pictures.pixels.shape[2:]
    theta[:, 0, 0], theta[:, 1, 1] = mirror * zoom * width / canvas_width, zoom * height / canvas_height
    theta[:, 0, 2], theta[:, 1, 2] = 2 * centre_x / canvas_width - 1, 2 * centre_y / canvas_height - 1
    grid = F.affine_grid(theta, (count, 3, height, width), align_corners=False)
    pixels = jitter_colours(F.grid_sample(pictures.pixels[chosen].float(), grid, align_corners=False) / 255)

    x = (boxes[..., 0::2] - centre_x[:, None, None]) / (zoom * mirror)[:, None, None] + width / 2
    y = (boxes[..., 1::2] - centre_y[:, None, None]) / zoom[:, None, None] + height / 2
    whole = area(torch.stack([x.amin(-1), y.amin(-1), x.amax(-1), y.amax(-1)], -1))
    x, y = x.clamp(0, width), y.clamp(0, height)
    boxes = torch.stack([x.amin(-1), y.amin(-1), x.amax(-1), y.amax(-1)], -1)
    side_x, side_y = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    enough = (side_x > options.least_side) & (side_y > options.least_side) & (area(boxes) > options.least_visible * whole)
    there = (labels > 0) & (side_x > 0) & (side_y > 0)
    return pixels, Targets(boxes, torch.where(there & enough & ~crowd, labels, 0), there & (~enough | crowd), pictures.unlabelled[chosen])


def mosaic(pictures, chosen, class_weights, options, side):
    """Windows of `side` by `side` pictures each, an equal part of it from each (Bochkovskiy et al., "YOLOv4", 2020, has two by two).

    `chosen` are the pictures of one window after the other. A window shows as many rare objects as its parts are placed around,
    for the same computing.
    """
    part = dataclasses.replace(options, width=options.width // side, height=options.height // side, around_objects=options.mosaic_around_objects)
    pixels, targets = cut(pictures, chosen, class_weights, part)
    parts, width, height = side * side, part.width, part.height
    count = len(chosen) // parts
    corners = constant(tuple((column * width, row * height) for row in range(side) for column in range(side)), pixels.device).repeat(count, 2)
    return (pixels.view(count, side, side, 3, height, width).permute(0, 3, 1, 4, 2, 5).reshape(count, 3, side * height, side * width),
            Targets((targets.boxes + corners[:, None]).view(count, -1, 4), targets.labels.view(count, -1), targets.ignored.view(count, -1),
                    targets.unlabelled.view(count, parts, -1).any(1)))


def compact(targets):
    """The same with what is there first in each row, and no more columns than that takes: overlaps are computed with all."""
    there = (targets.labels > 0) | targets.ignored
    order = there.sort(dim=1, descending=True, stable=True).indices[:, :max(1, int(there.sum(1).max()))]
    return Targets(targets.boxes.gather(1, order[..., None].expand(-1, -1, 4)), targets.labels.gather(1, order),
                   targets.ignored.gather(1, order), targets.unlabelled)


def _choose_objects(weights, share):
    """Of each row of weights (B, G) one place by chance, (B,), or -1: for all but a share of the rows, and where no weight is more than 0."""
    chosen = torch.multinomial(weights.float() + 1e-9, 1)[:, 0]
    return torch.where((weights.sum(1) > 0) & (torch.rand(len(weights), device=weights.device) < share), chosen, -1)


def _fit(zoom, boxes, around, sizes, options):
    """The zoom at which windows show the whole of the object they are placed around, if options.fit_zoom and the picture allow it."""
    sides = _of_each(boxes[..., 2:] - boxes[..., :2], around)
    extent = constant((options.width, options.height), zoom.device)
    least = torch.minimum((sides / (0.9 * extent)).amax(1), (sizes / extent).amin(1)).clamp(max=options.fit_zoom)
    return torch.where(around >= 0, torch.maximum(zoom, least), zoom)


def _place(boxes, around, sizes, extent):
    """Centres of windows of `extent` canvas pixels: anywhere inside of the picture, or so that they show the object they are placed around."""
    random = torch.rand(len(sizes), 2, device=sizes.device)
    anywhere = torch.where(extent < sizes, extent / 2 + random * (sizes - extent), sizes / 2)
    sides = _of_each(boxes[..., 2:] - boxes[..., :2], around)
    play = torch.maximum(0.7 * extent - sides, 0.15 * extent).minimum(0.7 * extent)
    centre = _of_each((boxes[..., :2] + boxes[..., 2:]) / 2, around) + (random - 0.5) * play
    inside = torch.where(extent < sizes, torch.maximum(torch.minimum(centre, sizes - extent / 2), extent / 2), sizes / 2)
    return torch.where(around[:, None] >= 0, inside, anywhere).unbind(1)


def _of_each(values, which):
    """values[b, which[b]] of (B, G, 2); where which[b] is -1, the first."""
    return values.gather(1, which.clamp(min=0)[:, None, None].expand(-1, 1, values.shape[2]))[:, 0]
