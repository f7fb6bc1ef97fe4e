"""Weights that need no file: the same in tests/support/seeded_weights.cc, bit for bit.

Value i of the tensor `name` is an integer below 2^24 in magnitude, made from hash(name, i), times one float32: exact on
both sides. The scales keep activations alive through all layers and give detections of every class, with scores from
0.05 to 1.
"""

import json
import math
from collections import namedtuple

import numpy as np

from hashing import fnv1a, hashes

SeededModel = namedtuple("SeededModel", "classes min_size max_size anchor_sizes batch_norm_eps")

DRIVING_CLASSES = ["__background__", "bicycle", "bus", "car", "motorcycle", "person", "train", "truck"]
TORCHVISION_SIZES = SeededModel(8, 800, 1333, (32, 64, 128, 256, 512), 1e-5)

BACKGROUND_BIAS = 15.5  # makes most proposals background, as training would
UNIT = 1 << 23          # the integers stand for value / UNIT, before scaling


def metadata(model):
    """What the weight file says of itself: {key: string}."""
    classes = DRIVING_CLASSES if model.classes == 8 else (
        ["__background__"] + [f"class_{i}" for i in range(1, model.classes)])
    return {
        "architecture": "fasterrcnn_resnet50_fpn",
        "classes": json.dumps(classes, separators=(",", ":")),
        "min_size": str(model.min_size),
        "max_size": str(model.max_size),
        "anchor_sizes": json.dumps(list(model.anchor_sizes), separators=(",", ":")),
        "aspect_ratios": "[0.5,1.0,2.0]",
        "batch_norm_eps": f"{model.batch_norm_eps:g}",
        "training_data": "none: seeded random numbers",
        "license": "Apache-2.0",
    }


def _symmetric(name, count, deviation):
    """Uniform around 0 with the standard deviation `deviation`."""
    integers = (hashes(fnv1a(name), count) >> np.uint64(41)).astype(np.int64) - UNIT // 2
    return integers.astype(np.float32) * np.float32(deviation * math.sqrt(12.0) / UNIT)


def _positive(name, count, middle):
    """Uniform in [0.5, 1.5) * middle."""
    integers = (hashes(fnv1a(name), count) >> np.uint64(41)).astype(np.int64) + UNIT // 2
    return integers.astype(np.float32) * np.float32(middle / UNIT)


def _weight_gain(name):
    for part, gain in (("fpn.inner_blocks", 1.6), ("fpn.layer_blocks", 1.0), ("rpn.head.cls_logits", 0.7),
                       ("rpn.head.bbox_pred", 0.25), ("box_predictor.cls_score", 1.4),
                       ("box_predictor.bbox_pred", 0.25)):
        if part in name:
            return gain
    return 1.4142  # He: a ReLU follows


def _matrix(name, shape):
    """A convolution (O, I, kh, kw) or a linear layer (O, I). Odd input channels get minus the weights of the even one
    before them: activations after a ReLU have a large common mean, which would otherwise drown all differences between
    places and pictures by the tenth layer."""
    count, fan_in = int(np.prod(shape)), int(np.prod(shape[1:]))
    values = _symmetric(name, count, _weight_gain(name) / math.sqrt(fan_in))
    # fc6 reads flattened RoIs: 256 channels of 7 * 7.
    inner = 49 if name.endswith("fc6.weight") else int(np.prod(shape[2:]))
    channels = fan_in // inner
    if channels % 2 == 0:
        values = values.reshape(shape[0], channels, inner)
        values[:, 1::2] = -values[:, 0::2]
    return values


def _values(name, shape):
    count = int(np.prod(shape))
    if len(shape) > 1:
        return _matrix(name, shape)
    if name.endswith(".running_var"):
        return _positive(name, count, 1.0)
    if name.endswith(".weight"):  # of a batch norm; the last of a block is small, so that rounding errors do not grow
        return _positive(name, count, 0.2 if ".bn3." in name else 1.0)
    values = _symmetric(name, count, 0.1)
    if name.endswith("cls_score.bias"):
        values[0] = BACKGROUND_BIAS
    return values


def make_weights(shapes):
    """{name: float32 array} for torchvision's parameters {name: shape}."""
    return {name: _values(name, shape).reshape(shape) for name, shape in shapes.items()}


def official_name(name):
    """The name in torchvision's published checkpoints, written before FPN and RPN wrapped their convolutions."""
    for part in ("inner_blocks.", "layer_blocks."):
        for level in range(4):
            name = name.replace(f"{part}{level}.0.", f"{part}{level}.")
    return name.replace("rpn.head.conv.0.0.", "rpn.head.conv.")
