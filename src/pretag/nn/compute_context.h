// One thread's place to compute: memory, and the compiled primitives of the sizes it has met.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pretag/nn/arena.h"
#include "pretag/nn/compute_profile.h"
#include "pretag/nn/convolution.h"
#include "pretag/nn/roi_align.h"
#include "pretag/nn/tensor.h"

namespace pretag {

struct WideCode;
struct WinogradCode;

// Not thread-safe; computes on the calling thread alone. Functions throw dnnl::error or std::bad_alloc, which the
// detector turns into Errors at its border.
class ComputeContext {
 public:
  using Map = Tensor;
  static constexpr size_t kMostPrimitives = 512;

  // At most `max_primitives` compiled convolutions are kept, the least recently used going first, so that a folder of
  // ten thousand image shapes does not eat the machine. `arena_bytes`: see arena_share().
  explicit ComputeContext(size_t max_primitives = kMostPrimitives, size_t arena_bytes = kArenaBytes);
  ~ComputeContext();

  Arena& arena() { return arena_; }

  // `in` must be in the spec's format.
  Tensor convolve(const Convolution& convolution, const Tensor& in);
  // Into `out`, which must have the output's shape and, if the spec says `accumulate`, holds what is added to.
  void convolve(const Convolution& convolution, const Tensor& in, Tensor& out);
  // See feature_ops.h and roi_align.h.
  Tensor max_pool_3x3_stride_2(const Tensor& in);
  Tensor subsample_2(const Tensor& in);
  Tensor upsample_nearest(const Tensor& in, int height, int width);
  Tensor roi_align(std::span<const Tensor* const> levels, std::span<const float> scales, std::span<const Roi> rois,
                   int width);
  // What a context of another device has to do, whose memory is not the host's.
  Tensor to_device(Tensor tensor) { return tensor; }
  const Tensor& to_host(const Tensor& map) const { return map; }

  void finish_image() {}

  // The same values, rounded to what `format` can hold.
  Tensor converted(const Tensor& in, ComputeFormat format);

  // Told of the output of every convolution, under its name, and of whatever else the network computes by observe().
  using Observer = std::function<void(const std::string& name, const Tensor& output)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }
  void observe(const std::string& name, const Tensor& tensor);

  // From now on `profile` is told of the time of everything; null: nobody. It must outlive its use.
  void set_profile(ComputeProfile* profile) { profile_ = profile; }
  // All work since the last lap was that of `stage`.
  void lap(std::string_view stage) {
    if (profile_ != nullptr) profile_->lap(stage);
  }

 private:
  class Primitives;
  const char* compute(const Convolution& convolution, const Tensor& in, Tensor& out);
  const char* compute_as_is(const Convolution& convolution, const Tensor& in, Tensor& out);
  const char* compute_by_winograd(const WinogradCode& code, const Convolution& convolution, const Tensor& in,
                                  Tensor& out);
  const char* compute_wide(const WideCode& code, const Convolution& convolution, const Tensor& in, Tensor& out);
  const char* compute_by_onednn(const Convolution& convolution, const Tensor& in, Tensor& out);

  Arena arena_;
  std::unique_ptr<Primitives> primitives_;
  Observer observer_;
  ComputeProfile* profile_ = nullptr;
};

// Whether that is what a context throws where there is no memory left: in its arena, or anywhere else.
bool is_out_of_memory(const std::exception& thrown);

}  // namespace pretag
