// The weights of a network in a device's memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "pretag/gpu/gpu.h"
#include "pretag/nn/convolution.h"

namespace pretag {

// Shared by all contexts of a network. Thread-safe; the first who needs a layer pays for it.
class GpuWeights {
 public:
  explicit GpuWeights(std::shared_ptr<const Gpu> gpu);
  ~GpuWeights();

  const std::shared_ptr<const Gpu>& gpu() const { return gpu_; }

  enum class Layout {
    kPlain,     // one matrix, input channels (times the kernel's cells) x output channels
    kWinograd,  // 36 of them, of the transformed filters
  };
  struct Layer;
  // `convolution` must live as long as these weights. Throws GpuError.
  const Layer& of(const Convolution& convolution, Layout layout);

 private:
  std::shared_ptr<const Gpu> gpu_;
  std::mutex mutex_;
  std::map<std::pair<const Convolution*, Layout>, std::unique_ptr<const Layer>> layers_;
};

}  // namespace pretag
