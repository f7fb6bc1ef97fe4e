// Encoded bytes to pixels, strictly: what is damaged is an error, never padded grey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "pretag/image/image.h"
#include "pretag/util/result.h"

namespace pretag {

struct DecodeOptions {
  int64_t max_pixels = 200'000'000;  // larger images are refused from their header, before anything is allocated
  // Above 0: for small copies, whose longer side is this many pixels, a JPEG may come back as a half, a quarter or an
  // eighth of its size, but not smaller than that. It takes a fraction of the time and of the memory.
  int longer_side_needed = 0;
};

// JPEG, PNG, WebP, BMP, TIFF (8 or 16 bit, grey, palette, alpha, CMYK); the first frame of an animation. The content
// decides, not a file name. Alpha is dropped, 16 bit is scaled to 8. EXIF orientation is applied.
// kCorrupt: truncated, damaged or not an image; kUnsupported: an image of a kind or size that is not read. Thread-safe.
Result<Image> decode_image(std::span<const std::byte> bytes, const DecodeOptions& options = {});

// "jpeg", "png", "webp", "bmp", "tiff", "gif", … from the first bytes; empty if they are none of these.
std::string sniff_image_format(std::span<const std::byte> bytes);

}  // namespace pretag
