#include "pretag/source/source.h"

#include <utility>

#include "pretag/image/decode.h"

namespace pretag {

Result<Picture> Source::picture(const std::string& key, int64_t max_pixels) const {
  PRETAG_ASSIGN(const std::vector<std::byte> bytes, read(key));
  PRETAG_ASSIGN(Image image, decode_image(bytes, {.max_pixels = max_pixels}));
  return Picture{std::move(image), bytes.size()};
}

}  // namespace pretag
