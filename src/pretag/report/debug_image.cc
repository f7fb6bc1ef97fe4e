#include "pretag/report/debug_image.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pretag/image/encode.h"
#include "pretag/image/resize.h"
#include "pretag/report/cairo_canvas.h"

namespace pretag {
namespace {

constexpr int kDrawnQuality = 90;

// The best that fits into `most_bytes`: first the quality goes down, then the size.
Result<Thumbnail> encode_to_fit(const Image& image, int most_side, size_t most_bytes) {
  for (int side = most_side;; side = side * 3 / 4) {
    const Image preview = resize_to_fit(image, side);
    for (const int quality : {85, 75, 60}) {
      PRETAG_ASSIGN(auto jpeg, encode_jpeg(preview, quality));
      if (jpeg.size() <= most_bytes || side < 64) return Thumbnail{preview.width, preview.height, std::move(jpeg)};
    }
  }
}

// Without pictures. Predictions from elsewhere need not know how large the image is.
DebugImage as_debug_image(const DebugChoice& choice, const Image& image) {
  const bool knows_size = choice.width > 0 && choice.height > 0;
  return {.filename = choice.filename,
          .width = knows_size ? choice.width : image.width,
          .height = knows_size ? choice.height : image.height,
          .detections = choice.detections,
          .drawn_jpeg = {},
          .preview_jpeg = {}};
}

int drawn_side(int width, int height) { return std::min(kDrawnSide, 4 * std::max({width, height, 1})); }

Status check_not_empty(const Image& image) {
  if (image.width > 0 && image.height > 0) return {};
  return Error{ErrorCode::kInvalidArgument, "the picture is empty"};
}

}  // namespace

Result<DebugImage> make_debug_image(const DebugChoice& choice, const Image& image, const Palette& palette) {
  PRETAG_TRY(check_not_empty(image));
  DebugImage debug_image = as_debug_image(choice, image);
  const Image scaled = resize_to_side(image, drawn_side(image.width, image.height));
  const DetectionLayout layout =
      lay_out_detections(choice.detections, debug_image.width, debug_image.height, scaled.width, scaled.height);
  PRETAG_ASSIGN(const Image drawn,
                draw_over(scaled, [&](Canvas& canvas) { draw_detections(canvas, layout, palette); }));
  PRETAG_ASSIGN(debug_image.drawn_jpeg, encode_jpeg(drawn, kDrawnQuality));
  const bool enlarged = scaled.width > image.width;
  PRETAG_ASSIGN(Thumbnail preview, encode_to_fit(enlarged ? image : scaled, kPreviewSide, kPreviewBytes));
  debug_image.preview_jpeg = std::move(preview.jpeg);
  return debug_image;
}

Result<DebugImage> make_small_image(const DebugChoice& choice, const Image& image) {
  PRETAG_TRY(check_not_empty(image));
  DebugImage small = as_debug_image(choice, image);
  PRETAG_ASSIGN(Thumbnail preview, encode_to_fit(image, kSmallSide, kSmallBytes));
  small.preview_jpeg = std::move(preview.jpeg);
  return small;
}

Result<Thumbnail> make_thumbnail(const Image& image, int most_side, size_t most_bytes) {
  PRETAG_TRY(check_not_empty(image));
  return encode_to_fit(image, most_side, most_bytes);
}

DetectionLayout drawn_layout(const DebugImage& image) {
  const double scale =
      static_cast<double>(drawn_side(image.width, image.height)) / std::max({image.width, image.height, 1});
  return lay_out_detections(image.detections, image.width, image.height, std::round(image.width * scale),
                            std::round(image.height * scale));
}

}  // namespace pretag
