// Smaller copies of images, for people to look at. (The detector has its own resize, which matches torchvision's.)
#pragma once

#include "pretag/image/image.h"

namespace pretag {

// The image made `width` x `height` (>= 1) pixels: smaller by averaging areas, larger smoothly. Thread-safe.
Image resize(const Image& image, int width, int height);
// The image with its longer side reduced to `max_side` (>= 1) pixels by averaging areas; the other side keeps the
// proportion, at least one pixel. Smaller images come back as they are. Thread-safe.
Image resize_to_fit(const Image& image, int max_side);
// The image with its longer side made `side` (>= 1) pixels, larger ones as above, smaller ones smoothly. Thread-safe.
Image resize_to_side(const Image& image, int side);

}  // namespace pretag
