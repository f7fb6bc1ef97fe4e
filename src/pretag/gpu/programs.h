// What OpenCL knows of a Gpu. For the sources of this layer.
#pragma once

#include "pretag/gpu/gpu.h"
#include "pretag/gpu/opencl.h"

namespace pretag {

struct Gpu::Programs {
  cl::Context context;
  cl::Device device;
  cl::Program small_tiles, large_tiles;  // gemm.cl with tiles of 64 x 64 and 128 x 128
  cl::Program feature_ops;
  size_t largest_buffer = 0;  // bytes that the device hands out in one piece
};

// Of gemm.cl: the work-items of a group lie in so many rows and columns.
inline constexpr int kGemmSide = 16;
inline constexpr int kSmallTile = 4, kLargeTile = 8;  // elements of a work-item, a side
inline constexpr int kSmallEdge = kGemmSide * kSmallTile, kLargeEdge = kGemmSide * kLargeTile;
inline constexpr int kGemmDepth = 16;  // the depth is a multiple of this

}  // namespace pretag
