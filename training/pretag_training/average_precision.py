"""COCO's average precision in numpy, as pycocotools' COCOeval computes it (and `pretag eval`), and errors of object counts."""

import numpy as np

from . import classes

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
AREAS = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}


def evaluate(detections, truths, labels=range(1, classes.OUTPUTS), most=100):
    """Detections: a dict of "boxes" (n, 4), "scores", "labels" an image; truths: "boxes", "labels", "crowd". Boxes are x1 y1 x2 y2.

    Returns {class name: {"objects", "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"}}; None where nothing is labelled.
    """
    result = {}
    for label in labels:
        best = [_best(d, label, most) for d in detections]
        per_area = {name: _class_precision(best, truths, label, area) for name, area in AREAS.items()}
        objects, precision = per_area["all"]
        mean = lambda value: None if value is None else float(value.mean())
        at = lambda i: None if precision is None else float(precision[i])
        result[classes.NAMES[label - 1]] = {"objects": objects, "ap": mean(precision), "ap50": at(0), "ap75": at(5)} | {
            f"ap_{name}": mean(per_area[name][1]) for name in ("small", "medium", "large")}
    return result


def mean_of(result, key, least_objects=1):
    """Over the classes that have a value and at least so many labelled objects."""
    values = [r[key] for r in result.values() if r[key] is not None and r["objects"] >= least_objects]
    return float(np.mean(values)) if values else None


def count_matches(detections, truths, label):
    """(objects, detections, detections that are right) of a class at IoU 0.5; what lies in crowds does not count."""
    objects = detected = right = 0
    for detection, truth in zip(detections, truths):
        order = np.argsort(-detection["scores"], kind="stable")
        boxes = detection["boxes"][order][detection["labels"][order] == label]
        theirs = truth["labels"] == label
        matched, ignored, count = _match(boxes, truth["boxes"][theirs], truth["crowd"][theirs], AREAS["all"])
        objects, detected, right = objects + count, detected + int((~ignored[0]).sum()), right + int(matched[0].sum())
    return objects, detected, right


def _best(detections, label, most):
    mine = np.flatnonzero(detections["labels"] == label)
    order = mine[np.argsort(-detections["scores"][mine], kind="stable")[:most]]
    return {key: detections[key][order] for key in ("boxes", "scores")}


def _class_precision(detections, truths, label, area):
    """(objects that count, average precision at each IoU threshold or None)."""
    scores, matched, ignored, objects = [], [], [], 0
    for detection, truth in zip(detections, truths):
        theirs = truth["labels"] == label
        m, i, count = _match(detection["boxes"], truth["boxes"][theirs], truth["crowd"][theirs], area)
        scores.append(detection["scores"]), matched.append(m), ignored.append(i)
        objects += count
    if objects == 0:
        return 0, None
    order = np.argsort(-np.concatenate(scores), kind="stable")
    matched, ignored = np.concatenate(matched, 1)[:, order], np.concatenate(ignored, 1)[:, order]
    return objects, np.array([_mean_precision(m[~i], objects) for m, i in zip(matched, ignored)])


def _mean_precision(matched, objects):
    right = np.cumsum(matched)
    precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
    place = np.searchsorted(right / objects, RECALLS, side="left")
    return np.where(place < len(precision), np.append(precision, 0)[place], 0).mean()


def _match(boxes, objects, crowd, area):
    """Greedy matching of detections, best score first. Two arrays (IoU threshold, detection): matched, ignored."""
    object_area = (objects[:, 2] - objects[:, 0]) * (objects[:, 3] - objects[:, 1])
    excluded = crowd | (object_area < area[0]) | (object_area > area[1])
    order = np.argsort(excluded, kind="stable")  # objects that count are chosen first
    objects, crowd, excluded = objects[order], crowd[order], excluded[order]
    overlap = _iou(boxes, objects, crowd)
    matched, ignored = (np.zeros((len(IOU_THRESHOLDS), len(boxes)), bool) for _ in range(2))
    own_area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    outside = (own_area < area[0]) | (own_area > area[1])
    for t, threshold in enumerate(IOU_THRESHOLDS):
        taken = np.zeros(len(objects), bool)
        for d in range(len(boxes)):
            at_least, chosen = min(threshold, 1 - 1e-10), -1
            for o in range(len(objects)):
                if taken[o] and not crowd[o]:
                    continue
                if chosen >= 0 and not excluded[chosen] and excluded[o]:
                    break
                if overlap[d, o] >= at_least:
                    at_least, chosen = overlap[d, o], o
            if chosen >= 0:
                taken[chosen] = True
                matched[t, d], ignored[t, d] = not excluded[chosen], excluded[chosen]
            else:
                ignored[t, d] = outside[d]
    return matched, ignored, int((~excluded).sum())


def _iou(a, b, crowd):
    corner = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common = np.clip(corner, 0, None).prod(-1)
    area = lambda boxes: (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    union = np.where(crowd[None], area(a)[:, None], area(a)[:, None] + area(b)[None] - common)
    return common / np.maximum(union, 1e-12)
