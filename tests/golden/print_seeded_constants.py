#!/usr/bin/env python3
"""Prints the constants that tests/parity/seeded_material_test.cc expects, so that Python and C++ cannot drift apart."""

import numpy as np

import reference_model
import seeded_weights
from hashing import fnv1a, hashes
from seeded_images import make_image


def checksum(array):
    """Sum of the values, as unsigned integers of their size, each times its odd number 2i+1, modulo 2^64."""
    flat = np.ascontiguousarray(array).ravel()
    integers = flat.view({1: np.uint8, 4: np.uint32}[flat.itemsize]).astype(np.uint64)
    return int((integers * (2 * np.arange(integers.size, dtype=np.uint64) + np.uint64(1))).sum(dtype=np.uint64))


def main():
    print(f'fnv1a("backbone.body.conv1.weight") 0x{fnv1a("backbone.body.conv1.weight"):016X}')
    print(f'value 7 of the stream "a" 0x{int(hashes(fnv1a("a"), 1, 7)[0]):016X}')
    for classes in (8, 91):
        weights = seeded_weights.make_weights(reference_model.shapes_of(classes))
        total = 0
        for name, values in sorted(weights.items()):
            total = (total + checksum(values) * (fnv1a(name) | 1)) % 2**64
        print(f"{classes} classes: {len(weights)} tensors, {sum(v.size for v in weights.values())} values, "
              f"checksum 0x{total:016X}")
    for name in ("backbone.body.conv1.weight", "backbone.body.layer1.0.bn3.running_var",
                 "backbone.body.layer4.0.downsample.1.weight", "rpn.head.bbox_pred.bias",
                 "roi_heads.box_predictor.cls_score.weight"):
        print(name, " ".join(f"{value.item().hex()}f" for value in weights[name].ravel()[:3]))
    for width, height, seed in ((33, 47, 1), (500, 120, 2), (320, 240, 7)):
        image = make_image(width, height, seed)
        print(f"picture {width}x{height}-{seed}: first {image[0, 0].tolist()}, last {image[-1, -1].tolist()}, "
              f"checksum 0x{checksum(image):016X}")


if __name__ == "__main__":
    main()
