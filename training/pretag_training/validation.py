"""torchvision's own inference on the validation pictures, and what there is to say of it."""

import contextlib
import functools
import multiprocessing

import numpy as np
import torch

from . import average_precision, classes, model as models


def detect(model, pictures, indices, workers=1, least_score=0.02):
    """[{"boxes", "scores", "labels"}] as numpy arrays, boxes in pixels of the picture, least_score and up."""
    model.eval()
    model.roi_heads.score_thresh = least_score
    one = functools.partial(_detect_one, model, pictures)
    with _bfloat16(model, pictures.pixels.device):
        if workers == 1:
            return [one(i) for i in indices.tolist()]
        with multiprocessing.get_context("fork").Pool(workers, _remember, (one,)) as pool:
            return pool.map(_recall, indices.tolist(), chunksize=4)


@contextlib.contextmanager
def _bfloat16(model, device):
    """The layers compute in bfloat16; boxes and scores between them, for which torchvision has no such code, in float32."""
    def in_bfloat16(forward):
        def run(*inputs):
            with models.autocast(device):
                return _to_float(forward(*inputs))
        return run

    layers = (model.backbone, model.rpn.head, model.roi_heads.box_head, model.roi_heads.box_predictor)
    for layer in layers:
        layer.forward = in_bfloat16(layer.forward)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward  # the class's own is back


def _to_float(value):
    if torch.is_tensor(value):
        return value.float()
    return type(value)((k, _to_float(v)) for k, v in value.items()) if isinstance(value, dict) else type(value)(_to_float(v) for v in value)


@torch.no_grad()
def _detect_one(model, pictures, i):
    width, height = (int(v) for v in pictures.sizes[i])
    result = model([pictures.pixels[i, :, :height, :width].float() / 255])[0]
    boxes, scores = (result[name].float().cpu().numpy() for name in ("boxes", "scores"))
    return {"boxes": boxes, "scores": scores, "labels": result["labels"].cpu().numpy()}


def _remember(one):
    global _recall_one
    _recall_one = one


def _recall(i):
    return _recall_one(i)


def truths(pictures, indices):
    result = []
    for i in indices.tolist():
        there = pictures.labels[i] > 0
        result.append({"boxes": pictures.boxes[i][there].cpu().numpy(), "labels": pictures.labels[i][there].cpu().numpy(),
                       "crowd": pictures.crowd[i][there].cpu().numpy()})
    return result


def counting_threshold(detections, truth, label):
    """The score from which on there are as many detections of a class as objects."""
    scores = np.sort(np.concatenate([d["scores"][d["labels"] == label] for d in detections]))[::-1]
    objects = sum(int(((t["labels"] == label) & ~t["crowd"]).sum()) for t in truth)
    if objects == 0 or len(scores) == 0:
        return None
    return float(scores[min(objects, len(scores)) - 1])


def counts(detections, truth, threshold):
    """{class: {"detected", "precision", "recall"}} from a score threshold on, matched at IoU 0.5."""
    result = {}
    kept = [{key: d[key][d["scores"] >= threshold] for key in d} for d in detections]
    for label, name in enumerate(classes.NAMES, 1):
        objects, detected, right = average_precision.count_matches(kept, truth, label)
        result[name] = {"detected": detected, "precision": right / detected if detected else None, "recall": right / objects if objects else None}
    return result


def report(detections, truth):
    """Average precision, and the threshold that counts right, a class."""
    result = average_precision.evaluate(detections, truth)
    for label, name in enumerate(classes.NAMES, 1):
        result[name]["counting_threshold"] = counting_threshold(detections, truth, label)
    return result


def table(result):
    percent = lambda value: "    -" if value is None else f"{100 * value:5.1f}"
    lines = [f"{'class':12} objects   AP50     AP  small medium  large  threshold"]
    for name, row in result.items():
        values = "  ".join(percent(row[key]) for key in ("ap50", "ap", "ap_small", "ap_medium", "ap_large"))
        threshold = "-" if row["counting_threshold"] is None else f"{row['counting_threshold']:.2f}"
        lines.append(f"{name:12} {row['objects']:7}  {values}  {threshold:>9}")
    return "\n".join(lines)
