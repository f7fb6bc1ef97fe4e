#include "pretag/image/resize.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "pretag/image/opencv.h"

namespace pretag {

Image resize_to_fit(const Image& image, int max_side) {
  const int longer = std::max(image.width, image.height);
  if (longer <= max_side) return image;
  const double scale = static_cast<double>(std::max(max_side, 1)) / longer;
  const auto scaled = [&](int side) { return std::max(1, static_cast<int>(std::lround(side * scale))); };
  Image small{.width = scaled(image.width), .height = scaled(image.height), .rgb = {}};
  small.rgb.resize(static_cast<size_t>(small.width) * static_cast<size_t>(small.height) * 3);
  cv::Mat target = as_mat(small);
  cv::resize(as_mat(image), target, target.size(), 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace pretag
