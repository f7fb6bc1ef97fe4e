// A decoded frame as an Image. Private to video/.
#pragma once

#include <array>
#include <cstdint>

#include "pretag/image/image.h"
#include "pretag/util/result.h"
#include "pretag/video/ffmpeg_handles.h"

namespace pretag {

// EXIF's number (1 to 8, see image/orientation.h) for a display matrix as FFmpeg gives it: nine numbers, rows first. 1
// for what is no quarter turn or mirroring.
int orientation_of(const int32_t* display_matrix);

// RGB by the frame's own matrix and range, BT.601 where it does not tell, and the same bits on every processor; turned
// by `orientation`. Thread-safe.
Result<Image> to_image(const AVFrame& frame, int orientation);

}  // namespace pretag
