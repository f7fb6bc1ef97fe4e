// A layer's weights as gemm.cl wants them. For the sources of this layer.
#pragma once

#include "pretag/gpu/gpu_weights.h"
#include "pretag/gpu/opencl.h"

namespace pretag {

struct GpuWeights::Layer {
  cl::Buffer weights, bias;
  int rows = 0, padded_rows = 0;  // output channels
  int depth = 0;                  // a multiple of kGemmDepth
};

}  // namespace pretag
