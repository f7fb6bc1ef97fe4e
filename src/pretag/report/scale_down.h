// Smaller copies of pictures for people to look at. (The network's input is resized elsewhere, the way it was trained.)
#pragma once

#include "pretag/image/image.h"

namespace pretag {

// Every pixel is the mean of the area it covers, so nothing flickers or gets jagged. The long side becomes at most
// `longest_side`, the short one at least 1; smaller images come back as they are. The image must not be empty.
Image scale_down(const Image& image, int longest_side);

}  // namespace pretag
