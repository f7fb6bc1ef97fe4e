#!/usr/bin/python3
"""How many images a second: `pretag run` against torchvision on this machine, same pictures, same weights, in turns.

    bench/vs_torchvision/vs_torchvision.py                       (build/release/pretag; needs torchvision, see --help)

torchvision takes part as a user installs it (eager float32) and tuned (bfloat16, channels last, batch norms folded:
tuned_torch.py), each as one process with all threads and as one process a thread.

A round measures every contestant once, so that a machine that slows down slows all of them; the medians over the rounds
count. Loading the model and starting up are left out on both sides: torchvision's processes load and warm up before their
clock starts, and `pretag run` is run on a few pictures and on many, of which the difference is taken.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "golden"))
WARM_UP_IMAGES = 2


def processor():
    """One line about what matters for speed."""
    facts = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = set(facts.get("flags", "").split())
    have = ", ".join(f"{name} {'yes' if flag in flags else 'no'}" for name, flag in (
        ("AVX-512", "avx512f"), ("VNNI", "avx512_vnni"), ("AVX512-BF16", "avx512_bf16"), ("AMX-BF16", "amx_bf16"),
        ("AMX-INT8", "amx_int8")))
    return f"{facts.get('model name', 'unknown processor')}, {len(os.sched_getaffinity(0))} cores; {have}"


def make_images(folder, count, size):
    from PIL import Image

    from seeded_images import make_image
    width, height = size
    paths = []
    for seed in range(count):
        paths.append(folder / f"{seed:04d}.jpg")
        Image.fromarray(make_image(width, height, seed)).save(paths[-1], quality=90)
    return paths


def copy_images(source, folder, count):
    found = sorted(path for path in pathlib.Path(source).iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not found:
        sys.exit(f"{source}: no .jpg or .png in this folder")
    # A small folder is gone through several times.
    paths = [folder / f"{i:04d}{found[i % len(found)].suffix}" for i in range(count)]
    for i, path in enumerate(paths):
        shutil.copy(found[i % len(found)], path)
    return paths


class Pretag:
    def __init__(self, arguments, precision, folder, images):
        self.name = f"pretag {precision}, {arguments.cores} threads"
        self.arguments, self.precision, self.folder, self.images = arguments, precision, folder, images
        self.few = folder / "few"
        self.few.mkdir(exist_ok=True)
        for path in images[:WARM_UP_IMAGES]:
            shutil.copy(path, self.few)

    def images_per_second(self):
        few, many = self._seconds(self.few), self._seconds(self.images[0].parent)
        if many <= few:
            sys.exit(f"this machine is too busy to measure on: {len(self.images)} pictures took {many:.1f} s, "
                     f"{WARM_UP_IMAGES} took {few:.1f} s; try again with more --images or with nothing else running")
        return (len(self.images) - WARM_UP_IMAGES) / (many - few)

    def _seconds(self, images):
        output = self.folder / "run"
        shutil.rmtree(output, ignore_errors=True)
        start = time.perf_counter()
        subprocess.run([self.arguments.pretag, "run", str(images), "--output", str(output), "--progress", "quiet",
                        "pretagging=True", f"model={self.arguments.weights}", f"precision={self.precision}",
                        f"num_threads={self.arguments.cores}"], check=True)
        return time.perf_counter() - start


class Torchvision:
    def __init__(self, arguments, images, processes, threads, tuned):
        self.kind = "torchvision tuned bf16" if tuned else "torchvision eager f32"
        self.name = f"{self.kind}, {processes} process{'es' * (processes > 1)} x {threads} thread{'s' * (threads > 1)}"
        self.shares = [images[i::processes] for i in range(processes)]
        self.command = [sys.executable, str(HERE / "torchvision_worker.py"), "--weights", arguments.weights, "--threads",
                        str(threads), *(["--tuned"] if tuned else [])]
        self.count = len(images)

    def images_per_second(self):
        workers = [subprocess.Popen([*self.command, *map(str, share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True) for share in self.shares]
        self._await(workers, "ready")
        start = time.perf_counter()
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        self._await(workers, "done")
        seconds = time.perf_counter() - start
        for worker in workers:
            worker.communicate()
        return self.count / seconds

    def _await(self, workers, word):
        for worker in workers:
            if not worker.stdout.readline().startswith(word):
                sys.exit(f"a torchvision process ended before it was {word}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretag", default=str(ROOT / "build/release/pretag"), help="the program to measure")
    parser.add_argument("--precision", default="int8,f32",
                        help="of pretag: f32, bf16, int8 or several with commas")
    parser.add_argument("--peers", default="eager,tuned", help="torchvision as installed, tuned, or both with a comma")
    parser.add_argument("--images", type=int, default=24, help="how many pictures a measurement takes; more are more exact")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="threads of each contestant")
    parser.add_argument("--folder", help="photographs to use instead of seeded pictures")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), help="of the seeded pictures, pixels")
    parser.add_argument("--weights", help="weight file for both; by default seeded ones for 800/1333 are written")
    arguments = parser.parse_args()
    if arguments.images <= WARM_UP_IMAGES:
        parser.error(f"--images must be more than {WARM_UP_IMAGES}")
    arguments.peers = arguments.peers.split(",")
    if not set(arguments.peers) <= {"eager", "tuned"}:
        parser.error("--peers knows eager and tuned")
    return arguments


def peers(arguments, images):
    for peer in arguments.peers:
        yield Torchvision(arguments, images, 1, arguments.cores, peer == "tuned")
        if arguments.cores > 1:
            yield Torchvision(arguments, images, arguments.cores, 1, peer == "tuned")


def main():
    arguments = parse_arguments()
    print(processor(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        many = folder / "many"
        many.mkdir()
        images = (copy_images(arguments.folder, many, arguments.images) if arguments.folder
                  else make_images(many, arguments.images, arguments.size))
        if not arguments.weights:
            arguments.weights = str(folder / "seeded.safetensors")
            subprocess.run([sys.executable, str(ROOT / "tests/golden/write_seeded_weights.py"), arguments.weights],
                           check=True)
        precisions = arguments.precision.split(",")
        if "int8" in precisions:  # once, and not in every run
            subprocess.run([arguments.pretag, "model", "quantize", arguments.weights, str(many), "--images", "8"],
                           check=True, stdout=subprocess.DEVNULL)
        ours = [Pretag(arguments, precision, folder, images) for precision in precisions]
        theirs = list(peers(arguments, images))
        rates = {contestant.name: [] for contestant in [*ours, *theirs]}
        for number in range(arguments.rounds):
            for contestant in [*ours, *theirs]:
                rates[contestant.name].append(contestant.images_per_second())
                print(f"round {number + 1}: {contestant.name}: {rates[contestant.name][-1]:.3f} images/s", flush=True)

    medians = {name: statistics.median(values) for name, values in rates.items()}
    print()
    for name, rate in medians.items():
        print(f"{name}: {rate:.3f} images/s (median of {arguments.rounds})")
    for kind in dict.fromkeys(peer.kind for peer in theirs):
        best = max(medians[peer.name] for peer in theirs if peer.kind == kind)
        for contestant in ours:
            print(f"{contestant.name}: {medians[contestant.name] / best:.2f} times as fast as the better mode of {kind}")
    print(processor())


if __name__ == "__main__":
    main()
