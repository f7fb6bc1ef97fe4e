// Reports to test with.
#pragma once

#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"

namespace pretag {

// 1000 x 500 pixels, brightness 50.
inline ImageInfo make_info(const std::string& filename) {
  ImageInfo info;
  info.filename = filename;
  info.width = 1000;
  info.height = 500;
  info.quality = {.luminance = 50, .sharpness = 10, .snr = 2, .uniform_row_ratio = 0};
  return info;
}

inline Detection make_detection(const std::string& label, float score, Box box = {100, 100, 200, 200}) {
  return {box, label, score, {}};
}

}  // namespace pretag
