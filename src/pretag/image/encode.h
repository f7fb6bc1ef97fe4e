// Pixels to encoded bytes, for thumbnails, debug images and dumps.
#pragma once

#include <cstddef>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/util/result.h"

namespace pretag {

// Baseline JPEG, 4:2:0; `quality` is 1 to 100. Both: kInvalidArgument for an image without pixels, one too large for
// the format (65,500 pixels a side) or a quality out of range; kInternal if the encoder fails (out of memory).
// Thread-safe.
Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality);
// What is on a picture decides what compresses it well; both are lossless.
enum class PngContent {
  kPhotograph,  // the quickest: it hardly becomes any smaller for more time, and frames are written by thousands
  kDrawing,     // plain areas: a third of the time and a little smaller than with libpng's own choice
};
// 8-bit RGB PNG.
Result<std::vector<std::byte>> encode_png(const Image& image, PngContent content = PngContent::kPhotograph);

}  // namespace pretag
