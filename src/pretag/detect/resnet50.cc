#include "pretag/detect/resnet50.h"

#include <fmt/format.h>

namespace pretag {
namespace {

constexpr int kExpansion = 4;
constexpr std::array<int, 4> kBlocks = {3, 4, 6, 3};
constexpr std::array<int, 4> kWidths = {64, 128, 256, 512};
const std::string kBody = "backbone.body.";

}  // namespace

Result<ResNet50::Bottleneck> ResNet50::create_bottleneck(const LayerFactory& layers, const std::string& name,
                                                         int in_channels, int width, int stride, ComputeFormat in) {
  const bool projects = in_channels != width * kExpansion;
  PRETAG_ASSIGN(const ComputeFormat reduced, layers.rectified(name + ".conv1"));
  PRETAG_ASSIGN(const ComputeFormat moved, layers.rectified(name + ".conv2"));
  PRETAG_ASSIGN(const ComputeFormat out, layers.rectified(name + ".conv3"));
  ComputeFormat shortcut_format = in;
  if (projects) {
    PRETAG_ASSIGN(shortcut_format, layers.signed_activation(name + ".downsample.0"));
  }

  const ConvolutionSpec reduce{
      .in_channels = in_channels, .out_channels = width, .relu = true, .in = in, .out = reduced};
  const ConvolutionSpec spatial{.in_channels = width,
                                .out_channels = width,
                                .kernel = 3,
                                .stride = stride,
                                .padding = 1,
                                .relu = true,
                                .in = reduced,
                                .out = moved};
  const ConvolutionSpec expand{.in_channels = width,
                               .out_channels = width * kExpansion,
                               .relu = true,
                               .accumulate = true,
                               .in = moved,
                               .out = out,
                               .addend = shortcut_format};
  PRETAG_ASSIGN(auto first, layers.convolution_with_norm(name + ".conv1", name + ".bn1", reduce));
  PRETAG_ASSIGN(auto second, layers.convolution_with_norm(name + ".conv2", name + ".bn2", spatial));
  PRETAG_ASSIGN(auto third, layers.convolution_with_norm(name + ".conv3", name + ".bn3", expand));
  Bottleneck block{std::move(first), std::move(second), std::move(third), std::nullopt};
  if (projects) {
    const ConvolutionSpec shortcut{.in_channels = in_channels,
                                   .out_channels = width * kExpansion,
                                   .stride = stride,
                                   .in = in,
                                   .out = shortcut_format};
    PRETAG_ASSIGN(block.downsample,
                  layers.convolution_with_norm(name + ".downsample.0", name + ".downsample.1", shortcut));
  }
  return block;
}

Result<ResNet50> ResNet50::create(const LayerFactory& layers) {
  ResNet50 net;
  PRETAG_ASSIGN(ComputeFormat format, layers.rectified(kBody + "conv1"));
  const ConvolutionSpec stem{.in_channels = 3,
                             .out_channels = 64,
                             .kernel = 7,
                             .stride = 2,
                             .padding = 3,
                             .relu = true,
                             .in = layers.formats().input,
                             .out = format};
  PRETAG_ASSIGN(auto first, layers.convolution_with_norm(kBody + "conv1", kBody + "bn1", stem));
  net.stem_ = std::move(first);
  int channels = 64;
  for (size_t stage = 0; stage < net.stages_.size(); ++stage) {
    for (int block = 0; block < kBlocks[stage]; ++block) {
      const int stride = block == 0 && stage > 0 ? 2 : 1;
      const std::string name = fmt::format("{}layer{}.{}", kBody, stage + 1, block);
      PRETAG_ASSIGN(auto bottleneck, create_bottleneck(layers, name, channels, kWidths[stage], stride, format));
      format = bottleneck.expand.spec().out;
      net.stages_[stage].push_back(std::move(bottleneck));
      channels = kWidths[stage] * kExpansion;
    }
  }
  return net;
}

std::array<ComputeFormat, 4> ResNet50::output_formats() const {
  std::array<ComputeFormat, 4> formats;
  for (size_t stage = 0; stage < stages_.size(); ++stage) formats[stage] = stages_[stage].back().expand.spec().out;
  return formats;
}

template <NetworkContext Context>
typename Context::Map ResNet50::Bottleneck::branch(Context& context, const typename Context::Map& in) const {
  return context.convolve(spatial, context.convolve(reduce, in));
}

template <NetworkContext Context>
std::array<typename Context::Map, 4> ResNet50::forward(Context& context, typename Context::Map input) const {
  using Map = typename Context::Map;
  Map stem = context.convolve(*stem_, input);
  input = Map();
  stem = context.max_pool_3x3_stride_2(stem);

  std::array<Map, 4> features;
  const Map* in = &stem;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    // The first block's shortcut is a convolution of what the pyramid still needs; the others add in place.
    Map& out = features[stage];
    for (const Bottleneck& block : stages_[stage]) {
      const Map branch = block.branch(context, *in);
      if (block.downsample) out = context.convolve(*block.downsample, *in);
      context.convolve(block.expand, branch, out);
      in = &out;
    }
    if (stage == 0) stem = Map();
  }
  return features;
}

template std::array<Tensor, 4> ResNet50::forward(ComputeContext& context, Tensor input) const;
template std::array<GpuMap, 4> ResNet50::forward(GpuContext& context, GpuMap input) const;

}  // namespace pretag
