"""The whole way in small: pictures, packs, a training that is continued, and a model that Pretag runs if PRETAG names it."""

import json
import os
import subprocess
import sys
import unittest

import support
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from pretag_training import checkpoint, classes, export, packs, sets

WIDTH, HEIGHT, FRAMES_A_RIDE = 320, 180, 3
COLOURS = {"car": (220, 40, 30), "person": (40, 60, 220)}
INPUT = "192x96"


def rides():
    """Six to train on, and two that are validated on."""
    names = [f"{i:08x}" for i in range(200)]
    usable = [name for name in names if not sets.is_held_out(name)]
    return [r for r in usable if not packs.is_validation(r)][:6] + [r for r in usable if packs.is_validation(r)][:2]


def draw(random):
    """A grey street with two cars and two persons: (picture, [(class, bbox)])."""
    picture = Image.fromarray(random.integers(90, 150, (HEIGHT, WIDTH, 3), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(2))
    objects = []
    for quarter, name in enumerate(("car", "person", "car", "person")):
        width, height = (random.integers(36, 64), random.integers(24, 44)) if name == "car" else (random.integers(14, 22), random.integers(36, 60))
        x, y = quarter * WIDTH // 4 + random.integers(2, 14), random.integers(30, HEIGHT - 70)
        ImageDraw.Draw(picture).rectangle([x, y, x + width - 1, y + height - 1], fill=COLOURS[name])
        objects.append((name, [int(v) for v in (x, y, width, height)]))
    return picture, objects


class Rehearsal(support.TemporaryFolderTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(14)
        (self.folder / "bdd").mkdir()
        images, annotations = [], []
        for number, ride in enumerate(ride for ride in rides() for _ in range(FRAMES_A_RIDE)):
            picture, objects = draw(random)
            name = f"bdd/{number:05d}.png"
            picture.save(self.folder / name)
            images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT, "ride": ride})
            annotations += [{"id": len(annotations) + i, "image_id": number, "category_id": classes.label_of(c), "bbox": box, "iscrowd": 0}
                            for i, (c, box) in enumerate(objects)]
        categories = [{"id": classes.label_of(name), "name": name} for name in classes.NAMES]
        # Crops of empty places, thousands, are only taken from pictures in which all classes are labelled.
        info = {"labelled_categories": [classes.label_of(name) for name in COLOURS]}
        (self.folder / "bdd.json").write_text(json.dumps({"info": info, "images": images, "annotations": annotations, "categories": categories}))

    def run_program(self, *command):
        done = subprocess.run([str(part) for part in command], cwd=self.folder, env={**os.environ, "OMP_NUM_THREADS": "1"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}")
        return done.stdout

    def training(self, command, *arguments):
        return self.run_program(sys.executable, support.TRAINING / "train.py", command, *arguments)

    def said(self, **facts):
        lines = map(json.loads, (self.folder / "out" / "log.jsonl").read_text().splitlines())
        return [line for line in lines if facts.items() <= line.items()]

    def train(self, steps):
        self.training("train", *self.common, "--pictures", 2 * steps, "--crops", 64, "--crop-minutes", 1000, "--window", INPUT, "--batch", 2, "--crop-batch", 16)

    def test_from_pictures_to_a_model(self):
        self.common = ("--packs", "packs", "--out", "out", "--workers", 2)
        self.training("pack", "bdd.json", "--out", "packs")

        self.train(steps=3)
        self.assertEqual(self.said(pictures=24), [{"pictures": 24, "validation": 6, "objects": 96}])
        self.assertEqual([line for line in self.said() if "resumed_at" in line], [])
        crops_saved = (self.folder / "out" / "crops.pth").stat().st_mtime_ns
        self.train(steps=5)
        (resumed,) = [line for line in self.said(stage="detector") if "resumed_at" in line]
        self.assertEqual(resumed["resumed_at"], 3)
        self.assertEqual(checkpoint.load(self.folder / "out" / "detector.pth", "cpu")["step"], 5)
        self.assertEqual((self.folder / "out" / "crops.pth").stat().st_mtime_ns, crops_saved, "the first stage was done")

        self.training("export", *self.common, "--input", INPUT, "--set", "license=MIT", "note=a rehearsal")
        exported = (self.folder / "out" / "model.safetensors").read_bytes()
        self.training("export", *self.common, "--input", INPUT, "--set", "score_threshold=0.4", "--weights-only")
        unaligned = (self.folder / "out" / "model.safetensors").read_bytes()
        self.assertIn(b'"score_threshold": "0.4"', unaligned[:2000])
        (self.folder / "out" / "model.safetensors").write_bytes(exported)
        # A training that begins with the exported weights has no first stage, and leaves the parts alone that it is told to.
        self.training("train", "--packs", "packs", "--out", "next", "--workers", 2, "--start", "out/model.safetensors", "--pictures", 2,
                      "--window", INPUT, "--batch", 2, "--trainable-layers", 3)
        self.assertFalse((self.folder / "next" / "crops.pth").exists())
        start, after = export.read(self.folder / "out" / "model.safetensors"), checkpoint.load(self.folder / "next" / "detector.pth", "cpu")
        self.assertEqual(after["step"], 1)
        changed = {name.split(".")[2] for name, values in start.items() if "backbone.body" in name and not torch.equal(values, after["model"][name])}
        self.assertEqual(changed, {"layer2", "layer3", "layer4"})
        refused = subprocess.run([sys.executable, support.TRAINING / "train.py", "train", "--packs", "packs", "--out", "next", "--workers", "1",
                                  "--start", "out/model.safetensors", "--pictures", "4", "--window", INPUT, "--batch", "2"],
                                 cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("detector.pth: its training had --trainable-layers 3, not 5; change it or --out", refused.stdout)

        table = self.training("validate", *self.common, "--input", INPUT)
        result = json.loads((self.folder / "out" / f"validation-{INPUT}.json").read_text())
        self.assertEqual({name: row["objects"] for name, row in result.items() if row["objects"]}, {"car": 12, "person": 12})
        self.assertIsInstance(result["car"]["ap"], float)
        self.assertRegex(table, r"car +12 ")

        card = (self.folder / "out" / "card.md").read_text()
        self.assertRegex(card, r"\| car \| 12 \|")
        self.assertIn("MIT", card)
        self.training("export-validation", "--packs", "packs", "--out", "validation")
        self.assertEqual(len(list((self.folder / "validation").glob("*.png"))), 6)
        if support.PRETAG:
            self.check_with_pretag()

    def check_with_pretag(self):
        model = self.folder / "out" / "model.safetensors"
        info = self.run_program(support.PRETAG, "model", "info", model)
        self.assertIn("a rehearsal", info)
        self.run_program(support.PRETAG, "run", "validation", "-o", "run", f"model={model}", "precision=f32", "num_threads=1", "--progress", "quiet")
        report = json.loads((self.folder / "run" / "data" / "bounding_boxes.json").read_text())
        self.assertEqual(len(report), 6)
        self.run_program(support.PRETAG, "eval", "run", "--labels", "validation/labels.json", "--json", "eval.json")
        result = json.loads((self.folder / "eval.json").read_text())
        self.assertEqual((result["images"], result["classes"]["car"]["objects"]), (6, 12))
        self.assertIsInstance(result["all"]["ap"], float)


if __name__ == "__main__":
    unittest.main()
