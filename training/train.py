#!/usr/bin/env python3
"""Trains the model that Pretag ships, or one of your own, from scratch. README.md beside this file tells the whole way."""

import argparse
import ctypes
import json
import math
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pretag_training import processor  # noqa: E402

if processor.has_avx512(processor.features()):
    # PyTorch 1.13 of Debian takes AVX2 on processors that it does not know. Read when it is loaded.
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
import torch  # noqa: E402

from pretag_training import card, checkpoint, counting, crops, curves, detector, export, journal, model, packs, schedule, sets, team, validation  # noqa: E402

CANVAS = (640, 360)  # width and height that the pictures are kept at


def build_sets(arguments):
    if arguments.held_out:
        for name in (name for name, source in sets.SOURCES.items() if source.rides):
            print("held-out-" + name, sets.build_held_out(name, arguments.clones, arguments.out), flush=True)
        return
    for name in sets.SOURCES:
        print(name, sets.build(name, arguments.clones, arguments.out), flush=True)


def pack(arguments):
    files, left_out = packs.write(arguments.labels, arguments.out, arguments.megabytes, arguments.webp)
    print(f"{files} packs in {arguments.out}" + (f"; left out {left_out} pictures that were there twice" if left_out else ""))


def train(arguments):
    device = begin(arguments)
    log = journal.Journal(arguments.out)
    pictures = load(arguments, device)
    if arguments.batch < arguments.workers or arguments.crop_batch < 8 * arguments.workers:
        raise SystemExit(f"--batch {arguments.batch}, --crop-batch {arguments.crop_batch}: too few for {arguments.workers} workers; see --workers")
    log.say(pictures=len(pictures.names), validation=int(pictures.validation.sum()), objects=int((pictures.labels > 0).sum()))
    network = model.build(model.ModelOptions(), device)
    crop_options = crops.CropOptions(batch=arguments.crop_batch)
    width, height = arguments.window
    if width % 6 or height % 6:
        raise SystemExit(f"--window {width}x{height}: must be multiples of 6, as mosaics are made of windows of half and a third of the size")
    windows = detector.WindowOptions(width=width, height=height)
    windows.most_zoom = min(windows.most_zoom, CANVAS[0] / width)  # beyond the canvas everything is black
    detector_options = detector.DetectorOptions(batch=arguments.batch, learning_rate=arguments.learning_rate, frozen_norms=arguments.freeze_norms,
                                                trainable_layers=arguments.trainable_layers, windows=windows)
    if arguments.start:
        missing, unknown = network.load_state_dict(export.read(arguments.start), strict=False)
        if unknown or any(not name.endswith("num_batches_tracked") for name in missing):
            raise SystemExit(f"{arguments.start}: not weights of this model; of it are missing: {missing[:3]}, not known: {unknown[:3]}")
    needs_crops = not arguments.start and not crops.is_finished(arguments.out)
    object_crops = crops.collect(pictures, crop_options) if needs_crops else None

    def both_stages(team):
        if not arguments.start:
            crops.train(network, object_crops, crop_options, schedule.Budget(arguments.crop_minutes, arguments.crops), arguments.out, log, team)
        detector.train(network, pictures, detector_options, schedule.Budget(arguments.minutes, arguments.pictures), arguments.out, log, team)

    team.run(arguments.workers, sum(p.numel() for p in network.parameters()), both_stages)


def train_and_export(arguments):
    if not arguments.weights_only:
        packs.check_validation(arguments.packs)  # the export needs it: better known now than after hours
    train(arguments)
    export_model(arguments)


def validate(arguments):
    device = begin(arguments)
    pictures, network, log = load(arguments, device, validation_only=True), trained(arguments, device), journal.Journal(arguments.out)
    indices = torch.arange(len(pictures.names))[:arguments.pictures]
    truth = validation.truths(pictures, indices)
    for width, height in arguments.input:
        network.transform.min_size, network.transform.max_size = (height,), width
        result = validation.report(validation.detect(network, pictures, indices, arguments.workers), truth)
        log.say(stage="validation", input=f"{width}x{height}", pictures=len(indices))
        print(validation.table(result))
        (arguments.out / f"validation-{width}x{height}.json").write_text(json.dumps(result, indent=1) + "\n")


def export_model(arguments):
    """Writes the weights; aligns the counts before, and judges after, unless Pretag is to do that."""
    device = begin(arguments)
    network, (width, height), texts = trained(arguments, device), arguments.input, dict(arguments.set)
    options, path = model.ModelOptions(min_size=height, max_size=width), arguments.out / "model.safetensors"
    for stage, over in (("crops", "step"), ("detector", "pictures")):
        curves.write(arguments.out / "log.jsonl", arguments.out / f"{stage}.svg", stage, over)
    if arguments.weights_only:
        export.write(path, network.state_dict(), export.metadata(options, **texts))
        return
    pictures, log = load(arguments, device, validation_only=True), journal.Journal(arguments.out)
    network.transform.min_size, network.transform.max_size = (height,), width
    indices = torch.arange(len(pictures.names))
    threshold = counting.align(network, pictures, indices, log, arguments.workers)
    export.write(path, network.state_dict(), export.metadata(options, **{"score_threshold": threshold} | texts))
    detections, truth = validation.detect(network, pictures, indices, arguments.workers), validation.truths(pictures, indices)
    card.write(arguments.out / "card.md", arguments.out, options, threshold, validation.report(detections, truth),
               validation.counts(detections, truth, threshold), texts)


def export_validation(arguments):
    """The pictures as PNG, so that Pretag sees the same pixels."""
    pictures = load(arguments, begin(arguments), validation_only=True, with_trained=arguments.with_trained)
    packs.write_coco(pictures, torch.arange(len(pictures.names)), arguments.out)


def trained(arguments, device):
    network = model.build(model.ModelOptions(), device)
    if (saved := checkpoint.load(arguments.out / "detector.pth", device)) is None:
        raise SystemExit(f"{arguments.out}/detector.pth: not there; run the command 'train' first")
    network.load_state_dict(saved["average"])
    return network


def begin(arguments):
    """The device to compute on. Each worker has one thread: see team.py."""
    torch.manual_seed(0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if torch.cuda.is_available():
        arguments.workers = 1  # CUDA does not survive a fork, and one process fills a GPU
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        return torch.device("cuda")
    torch.set_num_threads(1)
    keep_memory()
    return torch.device("cpu")


def keep_memory():
    """glibc gives large blocks back to the kernel and gets them again zeroed, page by page, a tensor at a time. Let it keep them."""
    trim_threshold, mmap_max, arena_max = -1, -4, -8  # malloc.h
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return  # another C library: slower, that is all
    for parameter, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1), (arena_max, 1)):
        libc.mallopt(parameter, value)


def load(arguments, device, **which):
    return packs.load(arguments.packs, *CANVAS, limit=arguments.limit, **which).to(device)


def size(text):
    """"768x432" -> (768, 432)"""
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not WIDTHxHEIGHT, such as 512x288")
    return int(width), int(height)


def key_value(text):
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=TEXT")
    return key, value


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("sets", help="make the training sets from clones of public repositories")
    command.set_defaults(run=build_sets)
    command.add_argument("--clones", required=True, type=pathlib.Path, help="folder of git clones called OWNER+NAME")
    command.add_argument("--out", required=True, type=pathlib.Path)
    command.add_argument("--held-out", action="store_true", help="write the rides that training and validation never see: of bdd to judge with, of the others to align counts with")

    command = commands.add_parser("pack", help="gather pictures and labels in a few files, in place of those that are there")
    command.set_defaults(run=pack)
    command.add_argument("labels", nargs="+", type=pathlib.Path, help="COCO label files; pictures lie beside, as file_name says")
    command.add_argument("--out", required=True, type=pathlib.Path)
    command.add_argument("--megabytes", type=float, default=45, help="size of a file (default 45)")
    command.add_argument("--webp", type=int, metavar="QUALITY", help="encode the pictures anew, to a third of the size at 60")

    command = commands.add_parser("all", help="train and export")
    command.set_defaults(run=train_and_export)
    add_common(command)
    add_training(command)
    add_export(command)

    command = commands.add_parser("train", help="train both stages; goes on where an interrupted training stopped")
    command.set_defaults(run=train)
    add_common(command)
    add_training(command)

    command = commands.add_parser("validate", help="average precision on rides that were never trained on")
    command.set_defaults(run=validate)
    add_common(command)
    command.add_argument("--input", type=size, nargs="+", default=[(512, 288), (768, 432)], help="what inference scales to")
    command.add_argument("--pictures", type=int, help="take only so many")

    command = commands.add_parser("export", help="write OUT/model.safetensors, its card and the curves")
    command.set_defaults(run=export_model)
    add_common(command)
    add_export(command)

    command = commands.add_parser("export-validation", help="write validation pictures and labels for 'pretag run' and 'pretag eval'")
    command.set_defaults(run=export_validation)
    add_common(command)
    command.add_argument("--with-trained", type=int, default=0, metavar="COUNT",
                         help="and behind them so many pictures that were trained on: to count rare classes, of which the others have few")
    return parser.parse_args()


def add_training(command):
    length = command.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, default=math.inf, help="for the detector")
    length.add_argument("--pictures", type=int, default=math.inf, help="or how many windows it sees")
    command.add_argument("--start", type=pathlib.Path, metavar="MODEL", help="begin with the weights of a .safetensors instead of from scratch")
    command.add_argument("--crop-minutes", type=float, default=10, help="before it, for the backbone on crops of objects (default 10)")
    command.add_argument("--crops", type=int, default=math.inf, help="how many crops it sees at most")
    command.add_argument("--freeze-norms", action="store_true",
                         help="with --start: keep the statistics of the backbone's norms, as fine-tuning does, and save their time")
    command.add_argument("--trainable-layers", type=int, choices=range(6), default=5, metavar="0..5",
                         help="with --start: how many of the backbone's five parts are trained, from the last (default 5; 3 is usual in fine-tuning)")
    command.add_argument("--batch", type=int, default=8, help="pictures a step (default 8; 32 on a large GPU)")
    command.add_argument("--crop-batch", type=int, default=256, help="crops a step (default 256)")
    command.add_argument("--learning-rate", type=float, default=2.5e-4, help="for 8 pictures a step; raise it with the root of --batch")
    command.add_argument("--window", type=size, default=(480, 288), help="what the detector sees at a time (default 480x288)")


def add_export(command):
    command.add_argument("--input", type=size, default=(768, 432), help="what inference scales to (default 768x432)")
    command.add_argument("--set", type=key_value, nargs="*", default=[], metavar="KEY=TEXT", help="metadata: training_data, license, note")
    command.add_argument("--weights-only", action="store_true",
                         help="neither align nor judge; 'pretag model align' and 'pretag eval' do it in a fraction of the time")


def add_common(command):
    command.add_argument("--packs", required=True, type=pathlib.Path, help="folder of packs")
    command.add_argument("--out", required=True, type=pathlib.Path, help="folder of checkpoints, logs and the model")
    command.add_argument("--workers", type=int, default=default_workers(), help="processes (default: one a core, or one on a GPU)")
    command.add_argument("--limit", type=int, help="take only so many of the pictures")


def default_workers():
    return 1 if torch.cuda.is_available() else len(os.sched_getaffinity(0))


if __name__ == "__main__":
    arguments = parse()
    arguments.run(arguments)
