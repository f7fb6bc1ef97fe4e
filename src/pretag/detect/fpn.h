// Feature pyramid (Lin et al., 2017) with the extra max-pool level: C2 … C5 to P2 … P6, 256 channels each.
#pragma once

#include <array>
#include <vector>

#include "pretag/detect/layer_factory.h"
#include "pretag/detect/network_context.h"

namespace pretag {

inline constexpr int kPyramidChannels = 256;
inline constexpr int kPyramidLevels = 5;
template <class Map>
using Pyramid = std::array<Map, kPyramidLevels>;

class FeaturePyramid {
 public:
  // From features in these formats.
  static Result<FeaturePyramid> create(const LayerFactory& layers, const std::array<ComputeFormat, 4>& features);

  ComputeFormat output_format() const { return format_; }

  // Consumes the features, each as soon as it is used.
  template <NetworkContext Context>
  Pyramid<typename Context::Map> forward(Context& context, std::array<typename Context::Map, 4> features) const;

 private:
  FeaturePyramid() = default;
  std::vector<Convolution> lateral_, output_;  // one a feature, from C2
  ComputeFormat format_;                       // of every level
};

}  // namespace pretag
