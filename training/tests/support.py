"""What the tests of the training share: where the package lies, pictures made by hand, and pretag if there is one."""

import os
import pathlib
import sys
import tempfile
import unittest

# Threads wait for each other in busy loops, and those of a test would fight with whatever else runs on the machine.
os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402

torch.set_num_threads(1)
TRAINING = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TRAINING))

from pretag_training import classes, packs  # noqa: E402

CAR, PERSON, BUS = (classes.label_of(name) for name in ("car", "person", "bus"))
PRETAG = os.environ.get("PRETAG")
needs_pretag = unittest.skipUnless(PRETAG, "PRETAG does not name the program")


def pictures(pixels, objects, sizes=None):
    """Pixels (N, 3, height, width) uint8; objects: of each picture a list of (x1, y1, x2, y2, label) or (…, label, crowd)."""
    count, most = len(pixels), max(1, max(map(len, objects)))
    made = packs.Pictures(
        pixels=pixels, sizes=torch.tensor(sizes or [(pixels.shape[3], pixels.shape[2])] * count, dtype=torch.float32),
        boxes=torch.zeros(count, most, 4), labels=torch.zeros(count, most, dtype=torch.long),
        crowd=torch.zeros(count, most, dtype=torch.bool), unlabelled=torch.zeros(count, classes.OUTPUTS, dtype=torch.bool),
        validation=torch.zeros(count, dtype=torch.bool), driving=torch.ones(count, dtype=torch.bool),
        names=[f"{i}.png" for i in range(count)])
    for i, row in enumerate(objects):
        for k, (x1, y1, x2, y2, label, *crowd) in enumerate(row):
            made.boxes[i, k], made.labels[i, k] = torch.tensor([x1, y1, x2, y2], dtype=torch.float32), label
            made.crowd[i, k] = bool(crowd and crowd[0])
    return made


def random_boxes(count, width, height, generator, least=4):
    """(count, 4), inside of the picture, at least so many pixels wide and high."""
    size = torch.tensor([width, height], dtype=torch.float32)
    side = least + torch.rand(count, 2, generator=generator) * (size / 2 - least)
    corner = torch.rand(count, 2, generator=generator) * (size - side)
    return torch.cat([corner, corner + side], 1)


class TemporaryFolderTest(unittest.TestCase):
    """Gives each test a folder of its own, `self.folder`."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pretag-training-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
