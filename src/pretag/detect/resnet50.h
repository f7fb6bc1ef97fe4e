// ResNet-50 (He et al., 2015), the variant with the stride in the 3x3 convolution, batch norm folded.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "pretag/detect/layer_factory.h"
#include "pretag/detect/network_context.h"

namespace pretag {

class ResNet50 {
 public:
  static Result<ResNet50> create(const LayerFactory& layers);

  // Of C2 … C5.
  std::array<ComputeFormat, 4> output_formats() const;

  // C2 … C5: 256, 512, 1024 and 2048 channels at 1/4, 1/8, 1/16 and 1/32 of the input. Consumes the input.
  template <NetworkContext Context>
  std::array<typename Context::Map, 4> forward(Context& context, typename Context::Map input) const;

 private:
  struct Bottleneck {
    Convolution reduce, spatial, expand;    // expand adds to the shortcut
    std::optional<Convolution> downsample;  // the shortcut of a stage's first block
    template <NetworkContext Context>
    typename Context::Map branch(Context& context, const typename Context::Map& in) const;
  };
  static Result<Bottleneck> create_bottleneck(const LayerFactory& layers, const std::string& name, int in_channels,
                                              int width, int stride, ComputeFormat in);

  ResNet50() = default;
  std::optional<Convolution> stem_;
  std::array<std::vector<Bottleneck>, 4> stages_;
};

}  // namespace pretag
