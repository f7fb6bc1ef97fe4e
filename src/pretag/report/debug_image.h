// A picture with its detections drawn in, ready to be written and shown.
#pragma once

#include <cstddef>

#include "pretag/image/image.h"
#include "pretag/report/debug_choice.h"
#include "pretag/report/detection_drawing.h"
#include "pretag/report/palette.h"
#include "pretag/report/report_model.h"
#include "pretag/util/result.h"

namespace pretag {

inline constexpr int kDrawnSide = 1280;              // longest side of a drawn picture, pixels
inline constexpr int kPreviewSide = 960;             // of a preview, at most
inline constexpr size_t kPreviewBytes = 120 * 1024;  // of a preview, at most
inline constexpr int kSmallSide = 480;               // of a small preview or thumbnail, at most
inline constexpr size_t kSmallBytes = 40 * 1024;     // likewise
inline constexpr int kTileSide = 192;                // of a tile of the map, at most
inline constexpr size_t kTileBytes = 7 * 1024;       // likewise

// `image` is the decoded, oriented picture; it is scaled to kDrawnSide, small ones at most four times, before anything
// is drawn, so that lines and letters stay sharp and leave room for what they name. kInvalidArgument for an empty
// image; kInternal if it cannot be encoded.
Result<DebugImage> make_debug_image(const DebugChoice& choice, const Image& image, const Palette& palette);
// The same with a small preview and no drawn picture.
Result<DebugImage> make_small_image(const DebugChoice& choice, const Image& image);
Result<Thumbnail> make_thumbnail(const Image& image, int most_side = kSmallSide, size_t most_bytes = kSmallBytes);

// The boxes and labels of the drawn picture, in its pixels.
DetectionLayout drawn_layout(const DebugImage& image);

}  // namespace pretag
