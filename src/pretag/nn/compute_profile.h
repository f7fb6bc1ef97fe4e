// Where the time of an image goes, told while it is computed.
#pragma once

#include <cstdint>
#include <string_view>

#include "pretag/nn/convolution.h"

namespace pretag {

struct ConvolutionWork {
  const ConvolutionSpec& spec;
  std::string_view implementation;  // the code's name, e.g. oneDNN's "brgconv:avx512_core_vnni"; valid in the call only
  int64_t multiplications = 0;      // of the direct convolution; Winograd's does with fewer
  double seconds = 0;               // with the conversions that it needed
};

// Of the direct convolution, whatever way is taken.
inline int64_t multiplications(const ConvolutionSpec& spec, int64_t out_height, int64_t out_width) {
  return int64_t{1} * spec.in_channels * spec.out_channels * spec.kernel * spec.kernel * out_height * out_width;
}

// Told by one context, on its thread.
class ComputeProfile {
 public:
  virtual ~ComputeProfile() = default;
  virtual void convolved(const ConvolutionWork& work) = 0;
  // What was computed since the last lap, or since the image began, belongs to this stage. A stage may come again.
  virtual void lap(std::string_view stage) = 0;
};

}  // namespace pretag
