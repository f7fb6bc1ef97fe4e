#include "pretag/detect/layer_factory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "pretag/nn/roi_align.h"
#include "pretag/util/flush_denormals.h"

namespace pretag {
namespace {

using Read = std::function<Result<ConvolutionWeights>()>;

Result<std::vector<float>> finite_floats(const WeightFile& weights, const std::string& name,
                                         std::initializer_list<int64_t> shape) {
  PRETAG_ASSIGN(auto values, weights.floats(name, std::span(shape.begin(), shape.size())));
  if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
    return Error{ErrorCode::kCorrupt, fmt::format("tensor '{}' holds values that are not finite numbers", name)};
  }
  return values;
}

// Reads once now, so that a wrong file is an error here; then again whenever a layout is needed.
Result<Convolution> layer(const std::string& name, ConvolutionSpec spec, Read read) {
  if (auto first = read(); !first) return first.error();
  spec.name = name;
  return Convolution(spec, [read = std::move(read)] {
    const KeepDenormals as_at_first;  // a dead channel's variance may be one
    auto values = read();
    if (!values) throw std::runtime_error("weights changed while in use: " + values.error().message);
    return *std::move(values);
  });
}

// A part of a layer: `linear` weights have two dimensions.
Result<ConvolutionWeights> read_plain(const WeightFile& weights, const std::string& name, int out_channels,
                                      const ConvolutionSpec& spec, bool linear) {
  const int64_t out = out_channels, in = spec.in_channels, kernel = spec.kernel;
  PRETAG_ASSIGN(auto weight, linear ? finite_floats(weights, name + ".weight", {out, in})
                                    : finite_floats(weights, name + ".weight", {out, in, kernel, kernel}));
  PRETAG_ASSIGN(auto bias, finite_floats(weights, name + ".bias", {out}));
  return ConvolutionWeights{std::move(weight), std::move(bias)};
}

Result<ConvolutionWeights> read_with_norm(const WeightFile& weights, const std::string& name, const std::string& norm,
                                          const ConvolutionSpec& spec, float eps) {
  const int64_t out = spec.out_channels, in = spec.in_channels, kernel = spec.kernel;
  PRETAG_ASSIGN(auto weight, finite_floats(weights, name + ".weight", {out, in, kernel, kernel}));
  PRETAG_ASSIGN(const auto gain, finite_floats(weights, norm + ".weight", {out}));
  PRETAG_ASSIGN(const auto beta, finite_floats(weights, norm + ".bias", {out}));
  PRETAG_ASSIGN(const auto mean, finite_floats(weights, norm + ".running_mean", {out}));
  PRETAG_ASSIGN(const auto variance, finite_floats(weights, norm + ".running_var", {out}));
  std::vector<float> bias(spec.out_channels);
  const size_t per_output = weight.size() / bias.size();
  for (size_t o = 0; o < bias.size(); ++o) {
    if (!(variance[o] + eps > 0)) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("tensor '{}.running_var' holds a variance of {}", norm, variance[o])};
    }
    const float scale = gain[o] / std::sqrt(variance[o] + eps);
    for (size_t i = 0; i < per_output; ++i) weight[o * per_output + i] *= scale;
    bias[o] = beta[o] - mean[o] * scale;
  }
  return ConvolutionWeights{std::move(weight), std::move(bias)};
}

void append(std::vector<float>& to, const std::vector<float>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

Result<ComputeFormat> LayerFactory::activation(const std::string& name, ComputeFormat (*format_of)(float limit)) const {
  if (ranges_ == nullptr) return formats_.features;
  const auto found = ranges_->layers.find(name);
  if (found == ranges_->layers.end()) {
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("the activation ranges lack layer '{}'; measure them again with 'pretag model quantize'", name)};
  }
  const ActivationRange& range = found->second;
  if (range.limit <= 0) return format_of(1);  // nothing but zeros
  return range.sqnr_db < kLeastSqnrDecibels ? formats_.features : format_of(range.limit);
}

Result<Convolution> LayerFactory::convolution(const std::string& name, const ConvolutionSpec& spec) const {
  return layer(name, spec, [weights = weights_, name, spec] {
    return read_plain(*weights, name, spec.out_channels, spec, /*linear=*/false);
  });
}

Result<Convolution> LayerFactory::linear(const std::string& name, const ConvolutionSpec& spec) const {
  return layer(name, spec, [weights = weights_, name, spec] {
    return read_plain(*weights, name, spec.out_channels, spec, /*linear=*/true);
  });
}

Result<Convolution> LayerFactory::convolution_with_norm(const std::string& name, const std::string& norm,
                                                        const ConvolutionSpec& spec) const {
  return layer(name, spec, [weights = weights_, name, norm, spec, eps = batch_norm_eps_] {
    return read_with_norm(*weights, name, norm, spec, eps);
  });
}

Result<Convolution> LayerFactory::joined(const std::vector<Part>& parts, const ConvolutionSpec& spec) const {
  return layer(parts.front().name, spec, [weights = weights_, parts, spec]() -> Result<ConvolutionWeights> {
    ConvolutionWeights all;
    for (const Part& part : parts) {
      const auto found = weights->tensors().find(part.name + ".weight");
      const bool linear = found != weights->tensors().end() && found->second.shape.size() == 2;
      PRETAG_ASSIGN(const auto one, read_plain(*weights, part.name, part.out_channels, spec, linear));
      append(all.weights, one.weights);
      append(all.bias, one.bias);
    }
    return all;
  });
}

Result<Convolution> LayerFactory::after_roi_align(const std::string& name, int channels,
                                                  const ConvolutionSpec& spec) const {
  return layer(name, spec, [weights = weights_, name, channels, spec]() -> Result<ConvolutionWeights> {
    PRETAG_ASSIGN(auto plain, read_plain(*weights, name, spec.out_channels, spec, /*linear=*/true));
    std::vector<float> row(spec.in_channels);
    for (int o = 0; o < spec.out_channels; ++o) {
      float* weight = plain.weights.data() + static_cast<size_t>(o) * spec.in_channels;
      for (int c = 0, i = 0; c < channels; ++c) {
        for (int y = 0; y < kRoiSize; ++y) {
          for (int x = 0; x < kRoiSize; ++x) row[roi_channel(channels, c, y, x)] = weight[i++];
        }
      }
      std::ranges::copy(row, weight);
    }
    return plain;
  });
}

}  // namespace pretag
