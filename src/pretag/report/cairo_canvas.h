// Draws as pixels, with Cairo and Pango.
#pragma once

#include <cstddef>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/report/canvas.h"
#include "pretag/util/result.h"

namespace pretag {

// A PNG of round(width * scale) x round(height * scale) pixels on white. kInternal if that is more than Cairo can do
// (32767 a side). Thread-safe.
Result<std::vector<std::byte>> draw_png(double width, double height, double scale, const Drawing& drawing);

// The image with the drawing over it, in the image's pixels. Errors and threads likewise.
Result<Image> draw_over(const Image& image, const Drawing& drawing);

}  // namespace pretag
