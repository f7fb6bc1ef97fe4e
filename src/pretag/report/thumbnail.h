// A small picture without boxes.
#pragma once

#include <cstddef>
#include <vector>

namespace pretag {

// Empty where the image could not be opened a second time.
struct Thumbnail {
  int width = 0, height = 0;  // pixels of the JPEG
  std::vector<std::byte> jpeg;
};

}  // namespace pretag
