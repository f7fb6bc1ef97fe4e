// The few operators on feature maps that are not convolutions. Each keeps its input's format.
#pragma once

#include <cstddef>
#include <vector>

#include "pretag/nn/tensor.h"

namespace pretag {

// max_pool2d(kernel 3, stride 2, padding 1), the pool after ResNet's first convolution.
Tensor max_pool_3x3_stride_2(Arena& arena, const Tensor& in);

// max_pool2d(kernel 1, stride 2): every second row and column, the extra FPN level.
Tensor subsample_2(Arena& arena, const Tensor& in);

// interpolate(mode="nearest") to the given size, with PyTorch's choice of source pixel.
Tensor upsample_nearest(Arena& arena, const Tensor& in, int height, int width);

// Mean over the top-left height x width cells of each channel.
std::vector<float> average_pool(const Tensor& in, int height, int width);

// The values as float32 in NCHW order, and back. For tests and for inputs that are computed as plain NCHW.
std::vector<float> to_nchw(const Tensor& in);
Tensor from_nchw(Arena& arena, ComputeFormat format, int channels, int height, int width, const float* values);

}  // namespace pretag
