// Test pictures made of integers, without files: the same as tests/golden/seeded_images.py, pixel for pixel.
#pragma once

#include "pretag/image/image.h"

namespace pretag {

// A gradient, then striped rectangles and ellipses, then noise: edges and textures at many scales.
Image make_seeded_image(int width, int height, int seed);

}  // namespace pretag
