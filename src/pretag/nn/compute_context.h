// One thread's place to compute: memory, and the compiled primitives of the sizes it has met.
#pragma once

#include <memory>

#include "pretag/nn/arena.h"
#include "pretag/nn/convolution.h"
#include "pretag/nn/tensor.h"

namespace pretag {

// Not thread-safe; computes on the calling thread alone. Functions throw dnnl::error or std::bad_alloc, which the
// detector turns into Errors at its border.
class ComputeContext {
 public:
  // At most `max_primitives` compiled convolutions are kept, the least recently used going first, so that a folder of
  // ten thousand image shapes does not eat the machine.
  explicit ComputeContext(size_t max_primitives = 512);
  ~ComputeContext();

  Arena& arena() { return arena_; }

  Tensor convolve(const Convolution& convolution, const Tensor& in);
  // Into `out`, which must have the output's shape; adds to it if the spec says `accumulate`.
  void convolve(const Convolution& convolution, const Tensor& in, Tensor& out);

 private:
  class Primitives;
  Arena arena_;
  std::unique_ptr<Primitives> primitives_;
};

}  // namespace pretag
