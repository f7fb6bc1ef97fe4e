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

}  // namespace pretag
