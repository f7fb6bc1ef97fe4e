#include "pretag/image/crop.h"

#include <algorithm>

namespace pretag {

Image crop(const Image& image, int x, int y, int width, int height) {
  Image part{width, height, {}};
  part.rgb.resize(static_cast<size_t>(width) * height * 3);
  for (int row = 0; row < height; ++row) {
    const uint8_t* from = image.row(y + row) + static_cast<size_t>(x) * 3;
    std::copy_n(from, static_cast<size_t>(width) * 3, part.row(row));
  }
  return part;
}

}  // namespace pretag
