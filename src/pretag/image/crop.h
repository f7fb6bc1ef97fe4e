// A part of an image.
#pragma once

#include "pretag/image/image.h"

namespace pretag {

// Which must lie in it and not be empty.
Image crop(const Image& image, int x, int y, int width, int height);

}  // namespace pretag
