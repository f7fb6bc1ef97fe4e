#include "pretag/image/decode.h"

#include <fmt/format.h>

#include <new>

#include "pretag/image/codec.h"
#include "pretag/image/orientation.h"
#include "pretag/image/sniff.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kLongestReason = 400;  // characters

Result<StoredImage> decode_stored(std::span<const std::byte> bytes, const DecodeOptions& options) {
  const std::string format = sniff_image_format(bytes);
  if (format == "jpeg") return decode_jpeg(bytes, options);
  if (format == "png") return decode_png(bytes, options);
  if (format == "webp") return decode_webp(bytes, options);
  if (format == "bmp") return decode_bmp(bytes, options);
  if (format == "tiff") return decode_tiff(bytes, options);
  const std::string looks_like = describe_content(bytes);
  if (!format.empty()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("looks like {}, which is not read; convert it to JPEG or PNG", looks_like)};
  }
  return Error{ErrorCode::kCorrupt, fmt::format("looks like {}, not an image", looks_like)};
}

}  // namespace

Result<Image> decode_image(std::span<const std::byte> bytes, const DecodeOptions& options) {
  if (bytes.empty()) return Error{ErrorCode::kCorrupt, "file is empty"};
  try {
    Result<StoredImage> stored = decode_stored(bytes, options);
    // The codecs quote what they find in a file, line breaks included.
    if (!stored) return Error{stored.error().code, one_line(stored.error().message, kLongestReason)};
    return apply_orientation(std::move(stored->image), stored->orientation);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kUnsupported, "not enough memory to decode it"};
  } catch (const std::exception& failure) {
    return Error{ErrorCode::kInternal, fmt::format("cannot be decoded: {}", failure.what())};
  }
}

Status check_dimensions(int64_t width, int64_t height, const DecodeOptions& options) {
  if (width <= 0 || height <= 0) return Error{ErrorCode::kCorrupt, "the header claims an image without pixels"};
  if (width > options.max_pixels / height) {
    return Error{ErrorCode::kUnsupported, fmt::format("the header claims {} x {} pixels, more than the limit of {}",
                                                      width, height, options.max_pixels)};
  }
  return {};
}

Error implausible_dimensions(int64_t width, int64_t height, size_t bytes) {
  return {ErrorCode::kCorrupt, fmt::format("the header claims {} x {} pixels, more than {} bytes can hold; the file "
                                           "is truncated or damaged",
                                           width, height, bytes)};
}

Image allocate_image(int64_t width, int64_t height) {
  Image image{.width = static_cast<int>(width), .height = static_cast<int>(height), .rgb = {}};
  image.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  return image;
}

}  // namespace pretag
