#include "pretag/image/orientation.h"

#include <opencv2/core.hpp>
#include <utility>

#include "pretag/image/opencv.h"

namespace pretag {
namespace {

enum FlipCode { kUpsideDown = 0, kLeftRight = 1, kBoth = -1 };

Image flipped(Image image, FlipCode code) {
  cv::Mat pixels = as_mat(image);
  cv::flip(pixels, pixels, code);
  return image;
}

Image transposed(const Image& image) {
  Image turned{.width = image.height, .height = image.width, .rgb = std::vector<uint8_t>(image.rgb.size())};
  cv::Mat target = as_mat(turned);
  cv::transpose(as_mat(image), target);
  return turned;
}

}  // namespace

Image apply_orientation(Image stored, int orientation) {
  switch (orientation) {
    case 2:
      return flipped(std::move(stored), kLeftRight);
    case 3:
      return flipped(std::move(stored), kBoth);
    case 4:
      return flipped(std::move(stored), kUpsideDown);
    case 5:
      return transposed(stored);
    case 6:
      return flipped(transposed(stored), kLeftRight);
    case 7:
      return flipped(transposed(stored), kBoth);
    case 8:
      return flipped(transposed(stored), kUpsideDown);
    default:
      return stored;
  }
}

}  // namespace pretag
