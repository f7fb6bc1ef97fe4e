#include "pretag/image/encode.h"

#include <fmt/format.h>

#include "pretag/image/codec.h"

namespace pretag {
namespace {

constexpr int kMaxSide = 65'500;  // libjpeg's limit; larger files few programs can read

Status check_encodable(const Image& image) {
  if (image.width > 0 && image.height > 0 && image.width <= kMaxSide && image.height <= kMaxSide) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("cannot encode an image of {} x {} pixels", image.width, image.height)};
}

}  // namespace

Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("JPEG quality must be 1 to 100, not {}", quality)};
  }
  PRETAG_TRY(check_encodable(image));
  return write_jpeg(image, quality);
}

Result<std::vector<std::byte>> encode_png(const Image& image, PngContent content) {
  PRETAG_TRY(check_encodable(image));
  return write_png(image, content);
}

}  // namespace pretag
