"""Shifts the scores of each class so that at one threshold there are as many detections as objects.

The histogram of a report counts detections from one threshold on. Trained on few objects of a class, a detector's scores for it are lower
than for others, and one threshold would count it short. Adding a constant to a class's logit moves all of its scores, in the order they
were, so its average precision stays; the constant that takes the score at which the class counts right to the common threshold is the
difference of their log-odds, as long as the other classes' scores stay (hence a few rounds).
"""

import math

from . import classes, validation

ROUNDS = 2
MOST = 2.0  # of a shift: a class with few objects says little about where it should be


def align(model, pictures, indices, journal, workers=1, fewest_objects=15):
    """Changes the biases of the box predictor; returns the threshold: the one that counts cars right, in steps of 0.01."""
    truth = validation.truths(pictures, indices)
    bias = model.roi_heads.box_predictor.cls_score.bias.data
    total = {label: 0.0 for label in range(1, classes.OUTPUTS)}
    threshold = None
    for round_number in range(ROUNDS):
        detections = validation.detect(model, pictures, indices, workers)
        at = {label: validation.counting_threshold(detections, truth, label) for label in total}
        threshold = threshold or min(max(round(at[classes.label_of("car")] or 0.5, 2), 0.02), 0.98)
        for label in total:
            objects = sum(int(((t["labels"] == label) & ~t["crowd"]).sum()) for t in truth)
            if at[label] is None or objects < fewest_objects:
                continue
            shift = _log_odds(threshold) - _log_odds(min(max(at[label], 0.02), 0.98))
            shift = max(-MOST - total[label], min(MOST - total[label], shift))
            bias[label] += shift
            total[label] += shift
        journal.say(stage="counting", round=round_number, threshold=threshold,
                    **{classes.NAMES[label - 1]: round(shift, 2) for label, shift in total.items()})
    return threshold


def _log_odds(p):
    return math.log(p / (1 - p))
