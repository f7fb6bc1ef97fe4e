// Images as OpenCV sees them. Internal to this layer.
#pragma once

#include <opencv2/core/mat.hpp>

#include "pretag/image/image.h"

namespace pretag {

// A view of the same pixels, in RGB order; valid as long as the image.
inline cv::Mat as_mat(Image& image) { return {image.height, image.width, CV_8UC3, image.rgb.data()}; }

// OpenCV has no constant view: the result must only be read.
inline cv::Mat as_mat(const Image& image) {
  return {image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data())};
}

}  // namespace pretag
