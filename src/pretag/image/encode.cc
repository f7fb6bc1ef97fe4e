#include "pretag/image/encode.h"

#include <fmt/format.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pretag/image/opencv.h"

namespace pretag {
namespace {

constexpr int kMaxSide = 65'500;  // libjpeg's limit; larger files few programs can read

Result<std::vector<std::byte>> encode(const Image& image, const char* extension, const std::vector<int>& parameters) {
  if (image.width <= 0 || image.height <= 0 || image.width > kMaxSide || image.height > kMaxSide) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("cannot encode an image of {} x {} pixels", image.width, image.height)};
  }
  try {
    cv::Mat bgr;
    cv::cvtColor(as_mat(image), bgr, cv::COLOR_RGB2BGR);
    std::vector<uchar> encoded;
    if (!cv::imencode(extension, bgr, encoded, parameters)) {
      return Error{ErrorCode::kInternal, fmt::format("the {} encoder failed", extension)};
    }
    const auto* first = reinterpret_cast<const std::byte*>(encoded.data());
    return std::vector<std::byte>(first, first + encoded.size());
  } catch (const std::exception& failure) {
    return Error{ErrorCode::kInternal, fmt::format("the {} encoder failed: {}", extension, failure.what())};
  }
}

}  // namespace

Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("JPEG quality must be 1 to 100, not {}", quality)};
  }
  return encode(image, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

Result<std::vector<std::byte>> encode_png(const Image& image) { return encode(image, ".png", {}); }

}  // namespace pretag
