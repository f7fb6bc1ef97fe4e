#!/usr/bin/env python3
"""Runs torchvision's fasterrcnn_resnet50_fpn on seeded pictures and writes what the parity test compares with.

    /usr/bin/python3 tests/golden/make_goldens.py        (Debian: python3-torch python3-torchvision; about five minutes)

README.md beside this file describes the format of data/*.safetensors and how far the numbers can be trusted.
"""

import argparse
import pathlib

import numpy as np
import torch
import torchvision

import reference_model
import safetensors_io
import seeded_weights
from seeded_images import make_image
from seeded_weights import SeededModel
from stage_comparison import DETECTION, PER_PROPOSAL, same_detections

DATA = pathlib.Path(__file__).parent / "data"
DENSE_VALUES, ROI_ROWS, ROI_ROW_VALUES = 400, 24, 130
WHOLE = ("proposals", *DETECTION)

# Width and height. Both orientations, smaller and larger than the network's input, the long side limiting (500x120,
# 90x400, 640x200), already of the right size (256x160, 160x160), larger than twice the input, odd and prime numbers.
SMALL_SIZES = [(320, 240), (240, 320), (200, 200), (33, 47), (500, 120), (90, 400), (256, 160), (160, 160), (160, 256),
               (640, 480), (641, 361), (363, 549), (127, 131), (640, 200), (224, 160), (171, 171), (400, 250), (96, 64),
               (17, 23), (800, 450), (311, 173), (481, 640)]
COCO_SIZES = [(480, 360), (300, 500)]

MODELS = {
    "driving_8": (SeededModel(8, 160, 256, (8, 16, 32, 64, 128), 1e-5), SMALL_SIZES),
    # Larger input, so that RoIs reach every pyramid level; other anchors, another epsilon.
    "coco_91": (SeededModel(91, 320, 512, (24, 48, 112, 224, 448), 1e-2), COCO_SIZES),
}


def subsample(name, values):
    """(layout, kept values): every row_stride-th row (first dimension), of those every value_stride-th value."""
    rows = values.shape[0]
    row_size = int(np.prod(values.shape[1:]))
    row_stride = value_stride = 1
    if name in PER_PROPOSAL:
        row_stride = max(1, -(-rows // ROI_ROWS))
        value_stride = _stride(row_size, ROI_ROW_VALUES) if name == "roi_features" else 1
    elif name not in WHOLE:
        value_stride = _stride(row_size, DENSE_VALUES)
    kept = values.reshape(rows, row_size)[::row_stride, ::value_stride].ravel()
    return np.array([row_stride, value_stride, *values.shape], dtype=np.int64), kept


def _stride(count, wanted):
    """The smallest prime that leaves at most `wanted` values: a prime visits all rows, columns and channels."""
    stride = max(1, -(-count // wanted))
    while stride > 1 and any(stride % factor == 0 for factor in range(2, int(stride**0.5) + 1)):
        stride += 1
    return stride


def is_stable(single, double):
    """Whether float32 rounding leaves the detections alone: a golden must not hang on the last bit of a score."""
    return len(single["scores"]) > 0 and same_detections(single, double, box_pixels=0.02, score=5e-4)


def make_golden(name, seeded_model, sizes):
    single = reference_model.StageRecorder(reference_model.from_seed(seeded_model))
    double = reference_model.StageRecorder(reference_model.from_seed(seeded_model).double())
    tensors, images, classes_found = {}, [], set()
    for width, height in sizes:
        for seed in range(1, 20):
            rgb = make_image(width, height, seed)
            stages = dict(single.run(rgb))
            if is_stable(stages, double.run(rgb)):
                break
            print(f"{name} {width}x{height} seed {seed}: near-tie, trying the next seed", flush=True)
        else:
            raise RuntimeError(f"no stable picture of {width}x{height}")
        images.append(f"{width}x{height}-{seed}")
        for stage, values in stages.items():
            layout, kept = subsample(stage, values)
            tensors[f"{images[-1]}/{stage}"] = kept
            tensors[f"{images[-1]}/{stage}.layout"] = layout
        classes_found.update(stages["labels"].astype(int))
        print(f"{name} {images[-1]}: {len(stages['proposals'])} proposals, {len(stages['scores'])} detections, scores "
              f"{stages['scores'].min():.3f} to {stages['scores'].max():.3f}", flush=True)
    print(f"{name}: {len(classes_found)} of {seeded_model.classes - 1} classes found")
    metadata = seeded_weights.metadata(seeded_model) | {
        "images": " ".join(images),
        "made_with": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
    }
    DATA.mkdir(exist_ok=True)
    safetensors_io.save(DATA / f"{name}.safetensors", tensors, metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; all if none is named")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in arguments.models or MODELS:
        make_golden(name, *MODELS[name])


if __name__ == "__main__":
    main()
