#!/usr/bin/python3
"""Compares our detector with the torchvision that is installed here, stage by stage, in float32.

Runs on seeded weights at torchvision's own size (800 / 1333) and at a small one, and on the model in models/, over
photographs (Debian's opencv-doc, where installed) and seeded pictures. Ends with 77 where torchvision is not installed,
which ctest counts as skipped.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "golden"))
SKIPPED = 77

try:
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    import reference_model
    import safetensors_io
    import seeded_images
    import seeded_weights
    from stage_comparison import DETECTION, PER_PROPOSAL, match_detections, match_rows, relative_error
except ImportError as error:
    print(f"skipped: {error}; on Debian, scripts/install-dependencies --live installs what this check needs")
    sys.exit(SKIPPED)

STAGE_TOLERANCE = 1e-3      # of the stage's largest magnitude
PROPOSAL_TOLERANCE = 1e-4   # of the largest coordinate
# NMS turns the last bit of a score or of an overlap into another box. Such boxes may be this many of all.
UNMATCHED_PROPOSALS, UNMATCHED_DETECTIONS = 0.02, 0.02

PHOTO_FOLDER = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")
PHOTOS = ("aloeL fruits home messi5 left01 board building butterfly licenseplate_motion orange baboon leuvenA aero1 "
          "ellipses gradient lena HappyFish apple blox right11 stuff squirrel_cls").split()
SEEDED_PICTURES = ["seeded:%dx%d-%d" % size for size in (
    (320, 240, 101), (240, 320, 102), (33, 47, 103), (500, 120, 104), (90, 400, 105), (640, 480, 106), (200, 200, 107),
    (641, 361, 108), (127, 131, 109), (17, 400, 110))]


def photographs(count):
    found = [PHOTO_FOLDER / f"{name}.jpg" for name in PHOTOS]
    return [str(path) for path in found if path.exists()][:count]


def pixels(name):
    """What our decoder sees: orientation applied, 8-bit RGB."""
    if name.startswith("seeded:"):
        size, seed = name.removeprefix("seeded:").split("-")
        width, height = size.split("x")
        return seeded_images.make_image(int(width), int(height), int(seed))
    return np.asarray(ImageOps.exif_transpose(Image.open(name)).convert("RGB"))


class Check:
    """The comparison of one weight file over some pictures."""

    def __init__(self, title, weights, pictures):
        self.title, self.weights, self.pictures = title, weights, pictures
        self.errors, self.failures = {}, []
        self.proposals = self.missing_proposals = self.detections = self.missing_detections = 0

    def run(self, dump_stages, folder):
        outputs = [str(folder / f"{i}.safetensors") for i in range(len(self.pictures))]
        pairs = [text for pair in zip(self.pictures, outputs) for text in pair]
        subprocess.run([dump_stages, "f32", self.weights, *pairs], check=True)
        recorder = reference_model.StageRecorder(reference_model.from_file(self.weights))
        for picture, output in zip(self.pictures, outputs):
            ours, _ = safetensors_io.load(output)
            pathlib.Path(output).unlink()  # a hundred megabytes at full size
            self._compare(pathlib.Path(picture).name, recorder.run(pixels(picture)), ours)
        self._judge_rare_differences()

    def _compare(self, picture, theirs, ours):
        within = PROPOSAL_TOLERANCE * np.abs(theirs["proposals"]).max()
        matches = match_rows(theirs["proposals"], ours["proposals"], within)
        matched = matches >= 0
        self.proposals += len(matches)
        self.missing_proposals += int((~matched).sum())
        for stage, wanted in theirs.items():
            if stage in DETECTION or stage == "proposals":
                continue
            if stage in PER_PROPOSAL:
                wanted, actual = wanted[matched], ours[stage][matches[matched]]
            else:
                actual = ours[stage]
            if wanted.shape != actual.shape:
                self.failures.append(f"{picture}: {stage} has shape {actual.shape}, torchvision {wanted.shape}")
                continue
            error = relative_error(wanted, actual)
            self.errors[stage] = max(self.errors.get(stage, 0), error)
            if error > STAGE_TOLERANCE:
                self.failures.append(f"{picture}: {stage} differs by {error:.1e} of its largest magnitude")
        self._compare_detections(picture, theirs, ours)

    def _compare_detections(self, picture, theirs, ours):
        matches = match_detections(theirs, ours)
        missing = int((matches < 0).sum()) + max(0, len(ours["scores"]) - len(theirs["scores"]))
        self.detections += len(matches)
        self.missing_detections += missing
        if missing:
            print(f"  {picture}: {missing} of {len(matches)} detections differ (ours has {len(ours['scores'])})")

    def _judge_rare_differences(self):
        if self.missing_proposals > UNMATCHED_PROPOSALS * self.proposals:
            self.failures.append(f"{self.missing_proposals} of {self.proposals} proposals are missing")
        if self.missing_detections > UNMATCHED_DETECTIONS * self.detections:
            self.failures.append(f"{self.missing_detections} of {self.detections} detections differ")

    def report(self):
        print(f"{self.title}: {len(self.pictures)} pictures, {self.proposals} proposals ({self.missing_proposals} missing), "
              f"{self.detections} detections ({self.missing_detections} differ)")
        print("  largest errors: " + ", ".join(f"{stage} {error:.0e}" for stage, error in self.errors.items()))
        for failure in self.failures:
            print(f"  FAILED {failure}")
        sys.stdout.flush()


def write_weights(folder, model):
    path = folder / f"seeded_{model.min_size}.safetensors"
    arrays = seeded_weights.make_weights(reference_model.shapes_of(model.classes))
    safetensors_io.save(path, arrays, seeded_weights.metadata(model))
    return str(path)


def make_checks(folder, models, quick):
    small = seeded_weights.SeededModel(8, 160, 256, (8, 16, 32, 64, 128), 1e-5)
    checks = [Check("seeded weights, small", write_weights(folder, small), photographs(12) + SEEDED_PICTURES)]
    if not quick:
        checks.append(Check("seeded weights, 800/1333", write_weights(folder, seeded_weights.TORCHVISION_SIZES),
                            photographs(4) + SEEDED_PICTURES[:2]))
    for path in sorted(pathlib.Path(models).glob("*.safetensors")):
        checks.append(Check(path.name, str(path), photographs(20) or SEEDED_PICTURES))
    return checks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dump-stages", required=True, help="the program dump_stages of a build")
    parser.add_argument("--models", default=str(TESTS.parent / "models"), help="folder of weight files to check as well")
    parser.add_argument("--quick", action="store_true", help="leave out the full-size pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        checks = make_checks(folder, arguments.models, arguments.quick)
        for check in checks:
            check.run(arguments.dump_stages, folder)
            check.report()
    return 1 if any(check.failures for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
