#include "pretag/detect/fpn.h"

#include <fmt/format.h>

namespace pretag {

namespace {

// The levels are inputs of the same layers, and so have one format, under one name.
const std::string kLevels = "backbone.fpn";

std::string inner_name(int level) { return fmt::format("{}.inner_blocks.{}.0", kLevels, level); }

}  // namespace

Result<FeaturePyramid> FeaturePyramid::create(const LayerFactory& layers,
                                              const std::array<ComputeFormat, 4>& features) {
  FeaturePyramid pyramid;
  PRETAG_ASSIGN(pyramid.format_, layers.signed_activation(kLevels));
  for (int level = 0; level < 4; ++level) {
    const bool topmost = level == 3;  // has nothing above it to be added to
    PRETAG_ASSIGN(const ComputeFormat inner_format, layers.signed_activation(inner_name(level)));
    ComputeFormat above = inner_format;
    if (!topmost) {
      PRETAG_ASSIGN(above, layers.signed_activation(inner_name(level + 1)));
    }
    const ConvolutionSpec lateral{.in_channels = kPyramidChannels << level,
                                  .out_channels = kPyramidChannels,
                                  .accumulate = !topmost,
                                  .in = features[static_cast<size_t>(level)],
                                  .out = inner_format,
                                  .addend = above};
    const ConvolutionSpec output{.in_channels = kPyramidChannels,
                                 .out_channels = kPyramidChannels,
                                 .kernel = 3,
                                 .padding = 1,
                                 .in = inner_format,
                                 .out = pyramid.format_};
    PRETAG_ASSIGN(auto inner, layers.convolution(inner_name(level), lateral));
    PRETAG_ASSIGN(auto outer, layers.convolution(fmt::format("{}.layer_blocks.{}.0", kLevels, level), output));
    pyramid.lateral_.push_back(std::move(inner));
    pyramid.output_.push_back(std::move(outer));
  }
  return pyramid;
}

template <NetworkContext Context>
Pyramid<typename Context::Map> FeaturePyramid::forward(Context& context,
                                                       std::array<typename Context::Map, 4> features) const {
  using Map = typename Context::Map;
  Pyramid<Map> pyramid;
  Map inner = context.convolve(lateral_[3], features[3]);
  for (size_t level = 3;; --level) {
    pyramid[level] = context.convolve(output_[level], inner);
    context.observe(kLevels, pyramid[level]);
    features[level] = Map();
    if (level == 0) break;
    const Map& below = features[level - 1];
    inner = context.upsample_nearest(inner, below.height(), below.width());
    context.convolve(lateral_[level - 1], below, inner);
  }
  pyramid[4] = context.subsample_2(pyramid[3]);
  return pyramid;
}

template Pyramid<Tensor> FeaturePyramid::forward(ComputeContext& context, std::array<Tensor, 4> features) const;
template Pyramid<GpuMap> FeaturePyramid::forward(GpuContext& context, std::array<GpuMap, 4> features) const;

}  // namespace pretag
