// Anchors: the boxes that the RPN's deltas refer to, as torchvision's AnchorGenerator with one size a level.
#pragma once

#include <vector>

#include "pretag/data/box.h"

namespace pretag {

// Around the origin, one an aspect ratio (height / width), corners rounded to whole pixels.
std::vector<Box> base_anchors(float size, const std::vector<float>& aspect_ratios);

// Pixels between cells of a level: the padded input over the level's cells, rounded down. (That makes 61 of the
// last level's 64 where it does not divide, and torchvision's models are trained with it.)
inline int anchor_stride(int input_size, int cells) { return input_size / cells; }

// The anchor of a cell.
inline Box anchor_at(const Box& base, int stride_y, int stride_x, int y, int x) {
  const auto dx = static_cast<float>(x * stride_x), dy = static_cast<float>(y * stride_y);
  return {base.x1 + dx, base.y1 + dy, base.x2 + dx, base.y2 + dy};
}

}  // namespace pretag
