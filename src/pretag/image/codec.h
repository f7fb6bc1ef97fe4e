// The decoders and encoders behind decode_image() and encode.h, one a format. Internal to this layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "pretag/image/image.h"
#include "pretag/util/result.h"

namespace pretag {

// Pixels as they are stored, and the EXIF orientation (1 to 8) that still has to be applied to them.
struct StoredImage {
  Image image;
  int orientation = 1;
};

// Each takes bytes that sniff as its format and may throw std::bad_alloc. Errors as decode_image() gives them.
Result<StoredImage> decode_jpeg(std::span<const std::byte> bytes, const DecodeOptions& options);
Result<StoredImage> decode_png(std::span<const std::byte> bytes, const DecodeOptions& options);
Result<StoredImage> decode_webp(std::span<const std::byte> bytes, const DecodeOptions& options);
Result<StoredImage> decode_bmp(std::span<const std::byte> bytes, const DecodeOptions& options);
Result<StoredImage> decode_tiff(std::span<const std::byte> bytes, const DecodeOptions& options);

// As encode_jpeg() and encode_png(), which have checked what they were given.
Result<std::vector<std::byte>> write_jpeg(const Image& image, int quality);
Result<std::vector<std::byte>> write_png(const Image& image, PngContent content);

// To be asked before anything of that size is allocated. kCorrupt if empty, kUnsupported above the limit.
Status check_dimensions(int64_t width, int64_t height, const DecodeOptions& options);

// kCorrupt: pixels that could not fit into a file of `bytes` bytes.
Error implausible_dimensions(int64_t width, int64_t height, size_t bytes);

// An image of that size; its dimensions must have been checked.
Image allocate_image(int64_t width, int64_t height);

}  // namespace pretag
