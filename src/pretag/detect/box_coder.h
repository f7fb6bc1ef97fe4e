// Boxes from regression deltas (Faster R-CNN, Ren et al. 2015, equation 2), as torchvision's BoxCoder.
#pragma once

#include <array>

#include "pretag/data/box.h"

namespace pretag {

struct BoxCoder {
  std::array<float, 4> weights = {1, 1, 1, 1};  // of dx, dy, dw, dh

  Box decode(const Box& reference, const float* deltas) const;
};

// The part of the box inside a picture of this size.
Box clip(const Box& box, float height, float width);

// The same of a box that anybody drew: what is thinner than a pixel there, or empty, or outside, becomes the nearest
// that is a pixel wide and high. Coordinates may be any numbers, NaN (a zero) and infinities among them; the picture is
// at least a pixel wide and high.
Box clip_to_visible(const Box& box, float height, float width);

}  // namespace pretag
