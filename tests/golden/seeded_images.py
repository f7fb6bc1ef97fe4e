"""Test pictures made of integers: the same in tests/support/seeded_images.cc, pixel for pixel.

A gradient, then a few dozen striped rectangles and ellipses, then noise. Not natural, but with edges and textures at many
scales, which is what keeps a random network's features alive.
"""

import numpy as np

from hashing import fnv1a, hashes

SHAPES = 28
DRAWS_PER_SHAPE = 12


def _colour(draws, at):
    return np.array([int(draws[at + c]) % 256 for c in range(3)], dtype=np.int64)


def make_image(width, height, seed):
    """uint8 array (height, width, 3), RGB."""
    key = fnv1a(f"image/{width}x{height}/{seed}")
    draws = hashes(key, 6 + SHAPES * DRAWS_PER_SHAPE)
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)

    top, bottom = _colour(draws, 0), _colour(draws, 3)
    image = (top * (height - y[..., None]) + bottom * y[..., None]) // height

    for shape in range(SHAPES):
        at = 6 + shape * DRAWS_PER_SHAPE
        is_ellipse, stripe = int(draws[at]) % 2, 2 + int(draws[at + 1]) % 30
        centre_x, centre_y = int(draws[at + 2]) % width, int(draws[at + 3]) % height
        # Large shapes first, small ones over them.
        radius_x = 2 + int(draws[at + 4]) % max(1, width * (SHAPES - shape) // (2 * SHAPES))
        radius_y = 2 + int(draws[at + 5]) % max(1, height * (SHAPES - shape) // (2 * SHAPES))
        colours = np.stack([_colour(draws, at + 6), _colour(draws, at + 9)])
        dx, dy = np.abs(x - centre_x), np.abs(y - centre_y)
        if is_ellipse:
            inside = (dx * radius_y) ** 2 + (dy * radius_x) ** 2 <= (radius_x * radius_y) ** 2
        else:
            inside = (dx <= radius_x) & (dy <= radius_y)
        stripes = (x + y * (shape % 4)) // stripe % 2
        image = np.where(inside[..., None], colours[stripes], image)

    noise = hashes(fnv1a(f"noise/{width}x{height}/{seed}"), width * height * 3).reshape(height, width, 3)
    image = image + (noise % np.uint64(25)).astype(np.int64) - 12
    return np.clip(image, 0, 255).astype(np.uint8)
