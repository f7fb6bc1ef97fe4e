// Decoded pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pretag {

// 8-bit RGB, interleaved, rows tightly packed; EXIF orientation already applied. Owns its pixels.
struct Image {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;  // height * width * 3

  const uint8_t* row(int y) const { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  uint8_t* row(int y) { return rgb.data() + static_cast<size_t>(y) * width * 3; }
};

}  // namespace pretag
