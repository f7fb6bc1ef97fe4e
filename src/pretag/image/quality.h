// Cheap statistics of an image's pixels: is it dark, blurred, noisy, broken?
#pragma once

#include "pretag/data/image_info.h"
#include "pretag/image/image.h"

namespace pretag {

// One pass over all pixels, about a millisecond a megapixel; scratch memory of a few rows. `grey` is ITU-R BT.601 luma,
// 0 to 255.
//   luminance          mean CIE L* (D65, sRGB transfer curve) over a regular grid of at most 65,536 pixels
//   sharpness          standard deviation of the 4-neighbour Laplacian of grey over all pixels inside the border;
//                      0 for images less than 3 pixels wide or high
//   snr                mean / standard deviation of grey; 0 for an image of a single grey
//   uniform_row_ratio  share of rows whose pixels are all of one colour: what half-written frames are full of
// An image without pixels gives zeros. Thread-safe.
ImageQuality measure_quality(const Image& image);

}  // namespace pretag
