#include "pretag/gpu/gpu_weights.h"

#include <utility>
#include <vector>

#include "pretag/gpu/gpu_layer.h"
#include "pretag/gpu/programs.h"
#include "pretag/nn/winograd_filters.h"

namespace pretag {
namespace {

int rounded_up(int value, int step) { return (value + step - 1) / step * step; }

// Transposed: (depth, output channels), both padded with zeros.
std::vector<float> plain_matrix(const ConvolutionSpec& spec, const std::vector<float>& weights, int depth,
                                int padded_rows) {
  const int inputs = spec.in_channels * spec.kernel * spec.kernel;
  std::vector<float> matrix(static_cast<size_t>(depth) * padded_rows);
  for (int o = 0; o < spec.out_channels; ++o) {
    const float* row = weights.data() + static_cast<size_t>(o) * inputs;
    for (int k = 0; k < inputs; ++k) matrix[static_cast<size_t>(k) * padded_rows + o] = row[k];
  }
  return matrix;
}

std::vector<float> winograd_matrices(const ConvolutionSpec& spec, const std::vector<float>& weights, int depth,
                                     int padded_rows) {
  std::vector<float> matrices(static_cast<size_t>(kWinogradPlaces) * depth * padded_rows);
  WinogradFilters filters(spec.in_channels);
  for (int o = 0; o < spec.out_channels; ++o) {
    const auto transformed = filters.transformed(weights.data() + static_cast<size_t>(o) * spec.in_channels * 9);
    for (int place = 0; place < kWinogradPlaces; ++place) {
      float* matrix = matrices.data() + static_cast<size_t>(place) * depth * padded_rows + o;
      const float* row = transformed.data() + static_cast<size_t>(place) * spec.in_channels;
      for (int k = 0; k < spec.in_channels; ++k) matrix[static_cast<size_t>(k) * padded_rows] = row[k];
    }
  }
  return matrices;
}

cl::Buffer upload(const Gpu& gpu, std::vector<float> values) {
  return {gpu.programs().context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, values.size() * sizeof(float),
          values.data()};
}

}  // namespace

GpuWeights::GpuWeights(std::shared_ptr<const Gpu> gpu) : gpu_(std::move(gpu)) {}
GpuWeights::~GpuWeights() = default;

const GpuWeights::Layer& GpuWeights::of(const Convolution& convolution, Layout layout) {
  const std::scoped_lock lock(mutex_);
  auto& layer = layers_[{&convolution, layout}];
  if (layer) return *layer;
  const ConvolutionSpec& spec = convolution.spec();
  const bool winograd = layout == Layout::kWinograd;
  const int inputs = winograd ? spec.in_channels : spec.in_channels * spec.kernel * spec.kernel;
  Layer made{.weights = {},
             .bias = {},
             .rows = spec.out_channels,
             .padded_rows = rounded_up(spec.out_channels, kLargeEdge),
             .depth = rounded_up(inputs, kGemmDepth)};
  ConvolutionWeights plain = convolution.weights();
  in_opencl([&] {
    made.weights = upload(*gpu_, winograd ? winograd_matrices(spec, plain.weights, made.depth, made.padded_rows)
                                          : plain_matrix(spec, plain.weights, made.depth, made.padded_rows));
    made.bias = upload(*gpu_, std::move(plain.bias));
  });
  layer = std::make_unique<const Layer>(std::move(made));
  return *layer;
}

}  // namespace pretag
