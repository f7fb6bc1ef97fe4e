#!/usr/bin/env python3
"""Writes seeded weights as a native weight file (165 MB), for benchmarks and for trying things out.

    /usr/bin/python3 tests/golden/write_seeded_weights.py weights.safetensors

They find tens of "objects" in any picture, at torchvision's input size unless told otherwise; they mean nothing.
"""

import argparse

import reference_model
import safetensors_io
import seeded_weights


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", help="the .safetensors file to write")
    parser.add_argument("--classes", type=int, default=8, help="background included; 8 are the driving classes")
    parser.add_argument("--min-size", type=int, default=800, help="short side of the network's input, pixels")
    parser.add_argument("--max-size", type=int, default=1333, help="limit of its long side, pixels")
    parser.add_argument("--official-names", action="store_true",
                        help="name parameters as torchvision's published checkpoints do")
    arguments = parser.parse_args()
    model = seeded_weights.TORCHVISION_SIZES._replace(classes=arguments.classes, min_size=arguments.min_size,
                                                      max_size=arguments.max_size)
    arrays = seeded_weights.make_weights(reference_model.shapes_of(model.classes))
    if arguments.official_names:
        arrays = {seeded_weights.official_name(name): values for name, values in arrays.items()}
    safetensors_io.save(arguments.output, arrays, seeded_weights.metadata(model))


if __name__ == "__main__":
    main()
