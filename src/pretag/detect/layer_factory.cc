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

// A tensor that a layer needs.
struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
};

Result<std::vector<float>> read(const WeightFile& weights, const Parameter& parameter) {
  return weights.floats(parameter.name, parameter.shape);
}

Status check_finite(const WeightFile& weights, const Parameter& parameter) {
  bool finite = true;
  PRETAG_TRY(weights.for_each_values(parameter.name, parameter.shape, [&](std::span<const float> values) {
    finite = finite && std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
  }));
  if (finite) return {};
  return Error{ErrorCode::kCorrupt,
               fmt::format("tensor '{}' holds values that are not finite numbers", parameter.name)};
}

// "<name>.weight" and "<name>.bias" of a part of a layer; `linear` weights have two dimensions.
struct Plain {
  Parameter weight, bias;
};

Plain plain(const std::string& name, int64_t out, const ConvolutionSpec& spec, bool linear) {
  const int64_t in = spec.in_channels, kernel = spec.kernel;
  return {{name + ".weight", linear ? std::vector{out, in} : std::vector{out, in, kernel, kernel}},
          {name + ".bias", {out}}};
}

Status check(const WeightFile& weights, const Plain& part) {
  PRETAG_TRY(check_finite(weights, part.weight));
  return check_finite(weights, part.bias);
}

Result<ConvolutionWeights> read(const WeightFile& weights, const Plain& part) {
  PRETAG_ASSIGN(auto weight, read(weights, part.weight));
  PRETAG_ASSIGN(auto bias, read(weights, part.bias));
  return ConvolutionWeights{std::move(weight), std::move(bias)};
}

// A weight without bias and the frozen batch norm behind it.
struct Normed {
  Parameter weight, gain, beta, mean, variance;
  float eps;
};

Normed normed(const std::string& name, const std::string& norm, const ConvolutionSpec& spec, float eps) {
  const int64_t out = spec.out_channels, in = spec.in_channels, kernel = spec.kernel;
  return {{name + ".weight", {out, in, kernel, kernel}},
          {norm + ".weight", {out}},
          {norm + ".bias", {out}},
          {norm + ".running_mean", {out}},
          {norm + ".running_var", {out}},
          eps};
}

Status check(const WeightFile& weights, const Normed& part) {
  for (const Parameter* parameter : {&part.weight, &part.gain, &part.beta, &part.mean, &part.variance}) {
    PRETAG_TRY(check_finite(weights, *parameter));
  }
  PRETAG_ASSIGN(const auto variances, read(weights, part.variance));
  for (const float variance : variances) {
    if (variance + part.eps > 0) continue;
    return Error{ErrorCode::kCorrupt, fmt::format("tensor '{}' holds a variance of {}", part.variance.name, variance)};
  }
  return {};
}

Result<ConvolutionWeights> read(const WeightFile& weights, const Normed& part) {
  PRETAG_ASSIGN(auto weight, read(weights, part.weight));
  PRETAG_ASSIGN(const auto gain, read(weights, part.gain));
  PRETAG_ASSIGN(const auto beta, read(weights, part.beta));
  PRETAG_ASSIGN(const auto mean, read(weights, part.mean));
  PRETAG_ASSIGN(const auto variance, read(weights, part.variance));
  std::vector<float> bias(gain.size());
  const size_t per_output = weight.size() / bias.size();
  for (size_t o = 0; o < bias.size(); ++o) {
    const float scale = gain[o] / std::sqrt(variance[o] + part.eps);
    for (size_t i = 0; i < per_output; ++i) weight[o * per_output + i] *= scale;
    bias[o] = beta[o] - mean[o] * scale;
  }
  return ConvolutionWeights{std::move(weight), std::move(bias)};
}

// What `read_weights` gives must have been checked. It is called whenever a layout is needed.
Convolution layer(const std::string& name, ConvolutionSpec spec,
                  std::function<Result<ConvolutionWeights>()> read_weights) {
  spec.name = name;
  return Convolution(spec, [read_weights = std::move(read_weights)] {
    const KeepDenormals as_when_checked;  // a dead channel's variance may be one
    auto values = read_weights();
    if (!values) throw std::runtime_error("weights changed while in use: " + values.error().message);
    return *std::move(values);
  });
}

template <class Part>
Result<Convolution> layer_of(const std::string& name, const ConvolutionSpec& spec,
                             std::shared_ptr<const WeightFile> weights, Part part) {
  PRETAG_TRY(check(*weights, part));
  return layer(name, spec, [weights = std::move(weights), part = std::move(part)] { return read(*weights, part); });
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
  return layer_of(name, spec, weights_, plain(name, spec.out_channels, spec, /*linear=*/false));
}

Result<Convolution> LayerFactory::linear(const std::string& name, const ConvolutionSpec& spec) const {
  return layer_of(name, spec, weights_, plain(name, spec.out_channels, spec, /*linear=*/true));
}

Result<Convolution> LayerFactory::convolution_with_norm(const std::string& name, const std::string& norm,
                                                        const ConvolutionSpec& spec) const {
  return layer_of(name, spec, weights_, normed(name, norm, spec, batch_norm_eps_));
}

Result<Convolution> LayerFactory::joined(const std::vector<Part>& parts, const ConvolutionSpec& spec) const {
  std::vector<Plain> all;
  for (const Part& part : parts) {
    const auto found = weights_->tensors().find(part.name + ".weight");
    const bool linear = found != weights_->tensors().end() && found->second.shape.size() == 2;
    all.push_back(plain(part.name, part.out_channels, spec, linear));
    PRETAG_TRY(check(*weights_, all.back()));
  }
  return layer(parts.front().name, spec, [weights = weights_, all = std::move(all)]() -> Result<ConvolutionWeights> {
    ConvolutionWeights joint;
    for (const Plain& part : all) {
      PRETAG_ASSIGN(const auto one, read(*weights, part));
      append(joint.weights, one.weights);
      append(joint.bias, one.bias);
    }
    return joint;
  });
}

Result<Convolution> LayerFactory::after_roi_align(const std::string& name, int channels,
                                                  const ConvolutionSpec& spec) const {
  const Plain stored = plain(name, spec.out_channels, spec, /*linear=*/true);
  PRETAG_TRY(check(*weights_, stored));
  return layer(name, spec, [weights = weights_, stored, channels, spec]() -> Result<ConvolutionWeights> {
    PRETAG_ASSIGN(auto ordered, read(*weights, stored));
    std::vector<float> row(spec.in_channels);
    for (int o = 0; o < spec.out_channels; ++o) {
      float* weight = ordered.weights.data() + static_cast<size_t>(o) * spec.in_channels;
      for (int c = 0, i = 0; c < channels; ++c) {
        for (int y = 0; y < kRoiSize; ++y) {
          for (int x = 0; x < kRoiSize; ++x) row[roi_channel(channels, c, y, x)] = weight[i++];
        }
      }
      std::ranges::copy(row, weight);
    }
    return ordered;
  });
}

}  // namespace pretag
