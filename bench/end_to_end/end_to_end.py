#!/usr/bin/python3
"""What a whole run loses: `pretag run`, files on disk to dump, against the detector alone on the same frames, in turns.

    bench/end_to_end/end_to_end.py FOLDER [--model FILE] [--precision int8] [--images 60] [--rounds 3]

A round takes the detector's rate with all threads from `pretag bench --quick`, which decodes from memory and does nothing else,
and the run's from the time of many images less that of a few; start-up is measured apart, from the program's start until the
first image of a folder of one is in the ledger. Medians over the rounds count. What the disk gives is in it only where
the page cache does not hold the images.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def link_images(source, folder, count):
    found = sorted(path for path in pathlib.Path(source).iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not found:
        sys.exit(f"{source}: no .jpg or .png in this folder")
    folder.mkdir()
    for i in range(count):  # a small folder is gone through several times
        (folder / f"{i:05d}{found[i % len(found)].suffix}").symlink_to(found[i % len(found)].resolve())
    return folder


class Program:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch

    def detector_rates(self, images):
        """Images a second of all threads: with decoding, and without."""
        report = self.scratch / "bench.json"
        model = [self.arguments.model] if self.arguments.model else []
        self._call("bench", *model, "--quick", "--precision", self.arguments.precision, "--images", images, "--json", report)
        result = json.loads(report.read_text())
        with_decoding = result["layouts"][-1]
        if with_decoding["threads"] != self.arguments.threads:
            sys.exit(f"pretag bench used {with_decoding['threads']} threads; choose --threads like that")
        (profile,) = [item for item in result["profiles"] if item["precision"] == self.arguments.precision]
        decoding = next(stage["share"] for stage in profile["stages"] if stage["name"] == "decode")
        rate = with_decoding["images_per_second"]
        return rate, rate / (1 - decoding), profile["convolution_share"]

    def run(self, images):
        """Seconds, and the most memory in MiB."""
        start = time.perf_counter()
        process = self._start(images, "quiet")
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"pretag run ended with status {status}")
        return time.perf_counter() - start, usage.ru_maxrss / 1024

    def seconds_to_first_image(self, images):
        start = time.perf_counter()
        process = self._start(images, "json", stderr=subprocess.PIPE)
        done = None
        for line in process.stderr:
            event = json.loads(line)
            if done is None and event.get("done", 0) > 0:
                done = time.perf_counter() - start
        if process.wait() != 0 or done is None:
            sys.exit(f"pretag run ended with code {process.returncode}")
        return done

    def _start(self, images, progress, **options):
        output = self.scratch / "run"
        shutil.rmtree(output, ignore_errors=True)
        settings = [f"precision={self.arguments.precision}", f"num_threads={self.arguments.threads}"]
        if self.arguments.model:
            settings.append(f"model={self.arguments.model}")
        return subprocess.Popen([self.arguments.pretag, "run", images, "-o", output, "--progress", progress, *settings],
                                **options)

    def _call(self, *words):
        subprocess.run([self.arguments.pretag, *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="frames")
    parser.add_argument("--pretag", default=str(ROOT / "build/release/pretag"), help="the program to measure")
    parser.add_argument("--model", help="by default the bundled one")
    parser.add_argument("--precision", default="int8", choices=("f32", "bf16", "int8"))
    parser.add_argument("--images", type=int, default=60, help="how many the larger run takes; the smaller takes a tenth")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    figures = {}
    with tempfile.TemporaryDirectory(prefix="pretag-end-to-end-") as name:
        scratch = pathlib.Path(name)
        few_images = max(2 * arguments.threads, arguments.images // 10)
        many = link_images(arguments.folder, scratch / "many", arguments.images)
        few = link_images(arguments.folder, scratch / "few", few_images)
        one = link_images(arguments.folder, scratch / "one", 1)
        program = Program(arguments, scratch)
        program.run(few)  # warms the page cache
        for _ in range(arguments.rounds):
            with_decoding, model_only, convolutions = program.detector_rates(few)
            short, _ = program.run(few)
            long, memory = program.run(many)
            run = (arguments.images - few_images) / (long - short)
            for key, value in (("detector with decoding, images/s", with_decoding), ("detector alone, images/s", model_only),
                               ("whole run, images/s", run), ("whole run / detector alone", run / model_only),
                               ("in convolutions, of the detector's time with decoding", convolutions),
                               ("start to first image, s", program.seconds_to_first_image(one)),
                               ("most memory, MiB", memory)):
                figures.setdefault(key, []).append(value)
    for key, values in figures.items():
        print(f"{key}: {statistics.median(values):.3f}   ({', '.join(f'{value:.3f}' for value in values)})")


if __name__ == "__main__":
    main()
