"""Compares two sets of stages, as tests/parity/comparison.cc does: proposals as sets, detections up to ties."""

import numpy as np

PER_PROPOSAL = ("roi_features", "box_logits", "box_deltas")
DETECTION = ("boxes", "labels", "scores")


def match_rows(wanted, candidates, within):
    """For each row of `wanted` the nearest row of `candidates` (largest coordinate difference), or -1."""
    if len(candidates) == 0:
        return np.full(len(wanted), -1)
    matches = []
    for row in wanted:
        distances = np.abs(candidates - row).max(axis=1)
        nearest = int(distances.argmin())
        matches.append(nearest if distances[nearest] <= within else -1)
    return np.array(matches, dtype=int)


def relative_error(wanted, actual):
    """Largest difference, in units of the largest magnitude of `wanted`; infinite for NaN."""
    if wanted.size == 0:
        return 0.0
    error = float(np.abs(actual - wanted).max() / max(np.abs(wanted).max(), 1e-30))
    return float("inf") if np.isnan(error) else error


def match_detections(wanted, actual, box_pixels=0.1, score=1e-3):
    """Index of the detection of `actual` that each of `wanted` has become, or -1: same label, box and score; in its
    place, or in that of a detection with an equal score (closer than `score`)."""
    taken, matches = set(), []
    count = min(len(wanted["scores"]), len(actual["scores"]))
    for i in range(len(wanted["scores"])):
        fits = [j for j in range(count) if j not in taken and actual["labels"][j] == wanted["labels"][i]
                and abs(actual["scores"][j] - wanted["scores"][i]) <= score
                and np.abs(actual["boxes"][j] - wanted["boxes"][i]).max() <= box_pixels
                and (i == j or abs(wanted["scores"][j] - wanted["scores"][i]) <= score)]
        matches.append(i if i in fits else fits[0] if fits else -1)
        taken.add(matches[-1])
    return np.array(matches, dtype=int)


def same_detections(wanted, actual, box_pixels=0.1, score=1e-3):
    return (len(wanted["scores"]) == len(actual["scores"])
            and bool((match_detections(wanted, actual, box_pixels, score) >= 0).all()))
