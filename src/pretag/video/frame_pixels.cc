#include "pretag/video/frame_pixels.h"

#include "pretag/image/orientation.h"

namespace pretag {
namespace {

int swscale_matrix_of(AVColorSpace space) {
  switch (space) {
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return SWS_CS_BT2020;
    default:
      return SWS_CS_DEFAULT;
  }
}

int sign(int32_t value) { return (value > 0) - (value < 0); }

}  // namespace

int orientation_of(const int32_t* display_matrix) {
  // Where the stored axes point when shown: x to (a, b), y to (c, d); y is down.
  const int a = sign(display_matrix[0]), b = sign(display_matrix[1]);
  const int c = sign(display_matrix[3]), d = sign(display_matrix[4]);
  if (b == 0 && c == 0 && a != 0 && d != 0) return a > 0 ? (d > 0 ? 1 : 4) : (d > 0 ? 2 : 3);
  if (a == 0 && d == 0 && b != 0 && c != 0) return b > 0 ? (c > 0 ? 5 : 6) : (c > 0 ? 8 : 7);
  return 1;
}

Result<Image> to_image(const AVFrame& frame, int orientation) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  // Rounding and bit-exactness cost little beside a detector, and make a frame the same on every machine.
  constexpr int kFlags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;
  thread_local FfmpegHandle<SwsContext> scaler;  // good for the next frame, as most are alike
  scaler.reset(sws_getCachedContext(scaler.release(), frame.width, frame.height, format, frame.width, frame.height,
                                    AV_PIX_FMT_RGB24, kFlags, nullptr, nullptr, nullptr));
  if (!scaler) return Error{ErrorCode::kUnsupported, "frames of this pixel format cannot be converted to RGB"};
  const int* matrix = sws_getCoefficients(swscale_matrix_of(frame.colorspace));
  constexpr int kFull = 1, kNeutral = 1 << 16;
  sws_setColorspaceDetails(scaler.get(), matrix, frame.color_range == AVCOL_RANGE_JPEG ? kFull : 0, matrix, kFull, 0,
                           kNeutral, kNeutral);
  Image image{.width = frame.width, .height = frame.height, .rgb = {}};
  const size_t row = static_cast<size_t>(frame.width) * 3;
  const size_t bytes = row * static_cast<size_t>(frame.height);
  constexpr size_t kSlack = 64;  // swscale may write whole registers beyond the last pixel
  image.rgb.reserve(bytes + kSlack);
  image.rgb.resize(bytes);
  uint8_t* const planes[4] = {image.rgb.data(), nullptr, nullptr, nullptr};
  const int strides[4] = {static_cast<int>(row), 0, 0, 0};
  if (sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, planes, strides) != frame.height) {
    return Error{ErrorCode::kCorrupt, "the frame cannot be converted to RGB"};
  }
  return apply_orientation(std::move(image), orientation);
}

}  // namespace pretag
