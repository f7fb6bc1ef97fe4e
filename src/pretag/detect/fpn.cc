#include "pretag/detect/fpn.h"

#include <fmt/format.h>

#include "pretag/nn/feature_ops.h"

namespace pretag {

Result<FeaturePyramid> FeaturePyramid::create(const LayerFactory& layers) {
  const ComputeFormat format = layers.formats().features;
  FeaturePyramid pyramid;
  for (int level = 0; level < 4; ++level) {
    // The topmost has nothing above it to be added to.
    const ConvolutionSpec lateral{.in_channels = kPyramidChannels << level,
                                  .out_channels = kPyramidChannels,
                                  .accumulate = level < 3,
                                  .in = format,
                                  .out = format};
    const ConvolutionSpec output{.in_channels = kPyramidChannels,
                                 .out_channels = kPyramidChannels,
                                 .kernel = 3,
                                 .padding = 1,
                                 .in = format,
                                 .out = format};
    PRETAG_ASSIGN(auto inner, layers.convolution(fmt::format("backbone.fpn.inner_blocks.{}.0", level), lateral));
    PRETAG_ASSIGN(auto outer, layers.convolution(fmt::format("backbone.fpn.layer_blocks.{}.0", level), output));
    pyramid.lateral_.push_back(std::move(inner));
    pyramid.output_.push_back(std::move(outer));
  }
  return pyramid;
}

Pyramid FeaturePyramid::forward(ComputeContext& context, std::array<Tensor, 4> features) const {
  Pyramid pyramid;
  Tensor inner = context.convolve(lateral_[3], features[3]);
  for (size_t level = 3;; --level) {
    pyramid[level] = context.convolve(output_[level], inner);
    features[level] = Tensor();
    if (level == 0) break;
    const Tensor& below = features[level - 1];
    inner = upsample_nearest(context.arena(), inner, below.height(), below.width());
    context.convolve(lateral_[level - 1], below, inner);
  }
  pyramid[4] = subsample_2(context.arena(), pyramid[3]);
  return pyramid;
}

}  // namespace pretag
