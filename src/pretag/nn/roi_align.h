// RoIAlign (He et al., Mask R-CNN, 2017, section 3), as torchvision.ops.roi_align(aligned=False) computes it.
#pragma once

#include <array>
#include <span>

#include "pretag/nn/tensor.h"

namespace pretag {

inline constexpr int kRoiSize = 7;     // output cells a side
inline constexpr int kRoiSamples = 2;  // samples a cell and axis

// Corners in pixels of the network input.
struct Roi {
  float x1, y1, x2, y2;
  int level;  // index into the pyramid levels
};

// Pools every RoI from its pyramid level; they have one format, which is the result's too. `levels[i]` is at
// `scales[i]` of the network input. The result lies as kRoiSize*kRoiSize*channels channels over a 1 x width image, one
// column a RoI (columns past the last RoI are zero), channel (y * kRoiSize + x) * channels + c: ready to be the input
// of a fully connected layer. `width` >= rois.size().
Tensor roi_align(Arena& arena, std::span<const Tensor* const> levels, std::span<const float> scales,
                 std::span<const Roi> rois, int width);

// Where channel c of cell (y, x) lies among the result's channels.
inline int roi_channel(int channels, int c, int y, int x) { return (y * kRoiSize + x) * channels + c; }

}  // namespace pretag
