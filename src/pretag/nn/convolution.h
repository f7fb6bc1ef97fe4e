// A convolution with fused bias, sum and ReLU; a fully connected layer is a 1x1 one over a 1 x N "image" of N rows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pretag/nn/compute_format.h"

namespace pretag {

struct ConvolutionSpec {
  std::string name = {};  // of the layer in the weight file, for people and for calibration
  int in_channels = 0, out_channels = 0;
  int kernel = 1, stride = 1, padding = 0;  // square
  bool relu = false;                        // after everything else
  bool accumulate = false;                  // adds to what the output already holds, before the ReLU
  ComputeFormat in = {}, out = {};
  ComputeFormat addend = {};  // of what the output holds before, where it accumulates in integers
};

struct ConvolutionWeights {
  std::vector<float> weights;  // (out_channels, in_channels, kernel, kernel)
  std::vector<float> bias;     // (out_channels)
};

// Shared by all threads. Weights are rearranged for the processor when an input size first needs them (Winograd's
// layout depends on it); the few layouts in use are kept, the plain ones are read again from the file by `load`.
// An integer `in` makes it an integer convolution: weights become int8 with a scale an output channel. Formats may be
// mixed: what the processor cannot compute directly goes through float32.
class Convolution {
 public:
  using Load = std::function<ConvolutionWeights()>;  // thread-safe; must return the same values every time
  Convolution(const ConvolutionSpec& spec, Load load);
  ~Convolution();
  Convolution(Convolution&&) noexcept;
  Convolution& operator=(Convolution&&) noexcept;

  const ConvolutionSpec& spec() const { return spec_; }
  // The spec with the formats that are computed in; its `out` is converted to that of spec() where they differ.
  const ConvolutionSpec& computed() const { return computed_; }

  // As `load` gives them, read anew. Thread-safe.
  ConvolutionWeights weights() const;

  class Packed;  // the layouts, for ComputeContext
  Packed& packed() const { return *packed_; }

 private:
  ConvolutionSpec spec_, computed_;
  std::unique_ptr<Packed> packed_;
};

}  // namespace pretag
