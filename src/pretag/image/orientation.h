// Turns stored pixels the way they are meant to be seen.
#pragma once

#include "pretag/image/image.h"

namespace pretag {

// `orientation` as in EXIF: 1 as is, 2 mirrored left to right, 3 turned by 180°, 4 mirrored top to bottom, 5
// transposed, 6 to be turned 90° clockwise, 7 transposed over the other diagonal, 8 to be turned 90° counter-clockwise.
// Anything else is taken as 1.
Image apply_orientation(Image stored, int orientation);

}  // namespace pretag
