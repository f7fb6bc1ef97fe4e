#include "pretag/image/resize.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "pretag/image/opencv.h"

namespace pretag {

Image resize(const Image& image, int width, int height) {
  Image result{.width = width, .height = height, .rgb = {}};
  result.rgb.resize(static_cast<size_t>(result.width) * static_cast<size_t>(result.height) * 3);
  cv::Mat target = as_mat(result);
  const bool smaller = static_cast<int64_t>(width) * height < static_cast<int64_t>(image.width) * image.height;
  cv::resize(as_mat(image), target, target.size(), 0, 0, smaller ? cv::INTER_AREA : cv::INTER_CUBIC);
  return result;
}

Image resize_to_fit(const Image& image, int max_side) {
  return std::max(image.width, image.height) <= max_side ? image : resize_to_side(image, max_side);
}

Image resize_to_side(const Image& image, int side) {
  const int longer = std::max(image.width, image.height);
  if (longer == side) return image;
  const double scale = static_cast<double>(std::max(side, 1)) / longer;
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  return resize(image, scaled(image.width), scaled(image.height));
}

}  // namespace pretag
