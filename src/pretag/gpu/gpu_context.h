// One thread's place to compute on a device: a queue of work, and memory. Has the operators of ComputeContext.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pretag/gpu/gpu_memory.h"
#include "pretag/gpu/gpu_weights.h"
#include "pretag/nn/arena.h"
#include "pretag/nn/compute_profile.h"
#include "pretag/nn/convolution.h"
#include "pretag/nn/roi_align.h"
#include "pretag/nn/tensor.h"

namespace pretag {

// Computes in float32. Operators only enqueue; to_host() waits for all that was enqueued. Not thread-safe, but any
// number of contexts share a device. Functions throw GpuError or std::bad_alloc.
class GpuContext {
 public:
  using Map = GpuMap;

  // `arena_bytes`: see arena_share().
  explicit GpuContext(std::shared_ptr<GpuWeights> weights, size_t arena_bytes = kArenaBytes);
  ~GpuContext();

  Arena& arena() { return arena_; }  // of tensors on the host

  // `tensor` is plain NCHW float32 (block 1); so is what comes back.
  GpuMap to_device(const Tensor& tensor);
  Tensor to_host(const GpuMap& map);

  // As those of ComputeContext and of nn/feature_ops.h. Formats of the spec do not matter here.
  GpuMap convolve(const Convolution& convolution, const GpuMap& in);
  void convolve(const Convolution& convolution, const GpuMap& in, GpuMap& out);
  GpuMap max_pool_3x3_stride_2(const GpuMap& in);
  GpuMap subsample_2(const GpuMap& in);
  GpuMap upsample_nearest(const GpuMap& in, int height, int width);
  // As nn/roi_align.h, but columns past the last RoI hold anything.
  GpuMap roi_align(std::span<const GpuMap* const> levels, std::span<const float> scales, std::span<const Roi> rois,
                   int width);

  void observe(const std::string&, const GpuMap&) {}  // calibration watches the processor
  // While somebody listens, the device is waited for after every convolution and every stage: slower than it is.
  void set_profile(ComputeProfile* profile) { profile_ = profile; }
  void lap(std::string_view stage);
  // The image is done: memory that it alone needed may go.
  void finish_image() { memory_.trim(); }

 private:
  struct Queue;
  void write(const void* values, GpuMap& map);
  const char* compute(const Convolution& convolution, const GpuMap& in, GpuMap& out);
  void multiply(const GpuWeights::Layer& layer, const GpuMap& in, GpuMap& out, int matrices, int flags);
  void convolve_by_winograd(const Convolution& convolution, const GpuMap& in, GpuMap& out);
  GpuMap patches(const ConvolutionSpec& spec, const GpuMap& in, const GpuMap& out, int depth);
  GpuMap nearest(const GpuMap& in, int height, int width, float step_y, float step_x);

  std::shared_ptr<GpuWeights> weights_;
  std::unique_ptr<Queue> queue_;
  GpuMemory memory_;
  Arena arena_;
  ComputeProfile* profile_ = nullptr;
};

}  // namespace pretag
