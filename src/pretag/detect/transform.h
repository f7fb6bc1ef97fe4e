// From an image to the network's input, as torchvision's GeneralizedRCNNTransform.
#pragma once

#include "pretag/image/image.h"
#include "pretag/nn/tensor.h"

namespace pretag {

// The size of the resized image inside the network input, before padding.
struct NetSize {
  int height = 0, width = 0;
};

// Short side to min_size, but the long side not over max_size; both at least 1.
NetSize net_size(int image_height, int image_width, int min_size, int max_size);

// No normalised pixel is further from zero than this (the blue channel's 255).
inline constexpr float kLargestInput = (1.0f - 0.406f) / 0.225f;

inline int pad_to_32(int size) { return (size + 31) / 32 * 32; }

// Bilinear resize without antialiasing, ImageNet mean and deviation, zero padding at the right and the bottom to a
// multiple of 32. `format` is plain NCHW float32 (block 1) or nhwc (block 0).
Tensor transform(Arena& arena, ComputeFormat format, const Image& image, NetSize size);

}  // namespace pretag
