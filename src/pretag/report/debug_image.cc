#include "pretag/report/debug_image.h"

#include <algorithm>
#include <cmath>

#include "pretag/image/encode.h"
#include "pretag/image/resize.h"
#include "pretag/report/cairo_canvas.h"

namespace pretag {
namespace {

constexpr int kDrawnQuality = 90;

// The best that fits into kPreviewBytes: first the quality goes down, then the size.
Result<std::vector<std::byte>> encode_preview(const Image& image) {
  for (int side = kPreviewSide;; side = side * 3 / 4) {
    const Image preview = resize_to_fit(image, side);
    for (const int quality : {85, 75, 60}) {
      PRETAG_ASSIGN(auto jpeg, encode_jpeg(preview, quality));
      if (jpeg.size() <= kPreviewBytes || side < 64) return jpeg;
    }
  }
}

}  // namespace

Result<DebugImage> make_debug_image(const DebugChoice& choice, const Image& image, const Palette& palette) {
  if (image.width <= 0 || image.height <= 0) return Error{ErrorCode::kInvalidArgument, "the picture is empty"};
  DebugImage debug_image{.filename = choice.filename,
                         .width = choice.width,
                         .height = choice.height,
                         .detections = choice.detections,
                         .drawn_jpeg = {},
                         .preview_jpeg = {}};
  if (debug_image.width <= 0 || debug_image.height <= 0) {
    debug_image.width = image.width;
    debug_image.height = image.height;
  }
  const Image scaled = resize_to_fit(image, kDrawnSide);
  const DetectionLayout layout =
      lay_out_detections(choice.detections, debug_image.width, debug_image.height, scaled.width, scaled.height);
  PRETAG_ASSIGN(const Image drawn,
                draw_over(scaled, [&](Canvas& canvas) { draw_detections(canvas, layout, palette); }));
  PRETAG_ASSIGN(debug_image.drawn_jpeg, encode_jpeg(drawn, kDrawnQuality));
  PRETAG_ASSIGN(debug_image.preview_jpeg, encode_preview(scaled));
  return debug_image;
}

DetectionLayout drawn_layout(const DebugImage& image) {
  const double scale = std::min(1.0, static_cast<double>(kDrawnSide) / std::max({image.width, image.height, 1}));
  return lay_out_detections(image.detections, image.width, image.height, std::round(image.width * scale),
                            std::round(image.height * scale));
}

}  // namespace pretag
