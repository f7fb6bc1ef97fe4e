"""What is to be said of a trained model, in Markdown: how it was trained, and what it finds on rides it never saw."""

from . import classes
from .curves import read_log


def write(path, folder, options, threshold, result, counts, texts):
    """`result` from validation.report, `counts` from validation.counts; the log tells of the training."""
    log = read_log(folder / "log.jsonl")
    last = {stage: next((entry for entry in reversed(log) if entry.get("stage") == stage and "step" in entry), {}) for stage in ("crops", "detector")}
    lines = ["# Model card", "", "| | |", "|---|---|",
             "| architecture | torchvision's `fasterrcnn_resnet50_fpn`, 8 classes with background |",
             f"| input | short side {options.min_size}, long side at most {options.max_size} pixels; anchors of "
             f"{', '.join(map(str, options.anchor_sizes))} pixels |",
             f"| training | from scratch; {last['crops'].get('step', 0)} steps on crops, {last['detector'].get('pictures', 0)} windows seen by the detector |",
             f"| recommended score threshold | {threshold} |",
             *(f"| {key.replace('_', ' ')} | {text} |" for key, text in texts.items()), "",
             "On the validation rides, by torchvision's inference, in percent:", "",
             "| class | objects | AP50 | AP | small | medium | large | precision | recall | counted |", "|---" * 10 + "|"]
    percent = lambda value: "" if value is None else f"{100 * value:.1f}"
    for name in classes.NAMES:
        row, count = result[name], counts[name]
        values = [row[key] for key in ("ap50", "ap", "ap_small", "ap_medium", "ap_large")] + [count["precision"], count["recall"]]
        counted = "" if not row["objects"] else f"{100 * (count['detected'] / row['objects'] - 1):+.1f} %"
        lines.append(f"| {name} | {row['objects']} | {' | '.join(map(percent, values))} | {counted} |")
    lines += ["", "Precision, recall and what is counted more or less than labelled: from the threshold on, IoU 0.5. The threshold and the scores' shifts were "
              "chosen on these rides.", ""]
    path.write_text("\n".join(lines))
