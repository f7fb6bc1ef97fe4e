#!/usr/bin/python3
"""One torchvision process of vs_torchvision.py: loads a model, says "ready", runs its pictures when told to, says "done".

Eager float32 in inference mode, the way torchvision is used without further work, or --tuned (tuned_torch.py). Decoding is
part of the time, as it is of ours.
"""

import argparse
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
import reference_model  # noqa: E402
import tuned_torch  # noqa: E402


def detect(model, path):
    rgb = np.array(Image.open(path).convert("RGB"))
    with torch.inference_mode():
        (output,) = model([torch.from_numpy(rgb).permute(2, 0, 1).to(torch.float32) / 255])
    return len(output["scores"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--tuned", action="store_true", help="bfloat16, channels last, batch norms folded")
    parser.add_argument("images", nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = reference_model.from_file(arguments.weights)
    if arguments.tuned:
        model = tuned_torch.tuned(model)
    for path in arguments.images[:2]:
        detect(model, path)  # the first pictures pay for memory and for oneDNN's primitives
    print("ready", flush=True)
    if not sys.stdin.readline():
        return  # vs_torchvision.py has gone
    found = sum(detect(model, path) for path in arguments.images)
    print(f"done {found}", flush=True)


if __name__ == "__main__":
    main()
