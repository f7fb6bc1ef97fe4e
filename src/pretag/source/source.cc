#include "pretag/source/source.h"

#include <utility>

#include "pretag/image/decode.h"

namespace pretag {

Result<Picture> Source::picture(const std::string& key, int64_t max_pixels) const {
  PRETAG_ASSIGN(const std::vector<std::byte> bytes, read(key));
  PRETAG_ASSIGN(Image image, decode_image(bytes, {.max_pixels = max_pixels}));
  return Picture{std::move(image), bytes.size()};
}

bool concerns_all_keys(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDevice ||
         error.code == ErrorCode::kCancelled;
}

std::string reason_of(const Error& error, const std::string& path) {
  const std::string prefix = path + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

}  // namespace pretag
