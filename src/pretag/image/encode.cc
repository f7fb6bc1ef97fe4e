#include "pretag/image/encode.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <cstring>
#include <string>

namespace pretag {

Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality) {
  if (image.width <= 0 || image.height <= 0) return Error{ErrorCode::kInvalidArgument, "cannot encode an empty image"};
  try {
    const cv::Mat rgb(image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data()));
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    std::vector<uchar> encoded;
    if (!cv::imencode(".jpg", bgr, encoded, {cv::IMWRITE_JPEG_QUALITY, quality}))
      return Error{ErrorCode::kInternal, "the JPEG encoder refused the image"};
    std::vector<std::byte> bytes(encoded.size());
    std::memcpy(bytes.data(), encoded.data(), encoded.size());
    return bytes;
  } catch (const cv::Exception& exception) {
    return Error{ErrorCode::kInternal, "cannot encode a JPEG: " + exception.err};
  }
}

}  // namespace pretag
