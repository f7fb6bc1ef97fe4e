#include "pretag/cli/bench_peak.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <exception>

#include "pretag/gpu/gpu_context.h"
#include "pretag/nn/compute_context.h"
#include "pretag/nn/elements.h"

namespace pretag {
namespace {

// As many input channels as output channels.
struct Shape {
  int channels, side;
};
// Weights and a strip of the map fit into second-level caches of one to two MiB, one way or another.
constexpr Shape kShapes[] = {{256, 56}, {512, 28}, {1024, 28}};
// A GPU has a hundred times as many places to fill.
constexpr Shape kGpuShapes[] = {{512, 112}, {1024, 112}};

ComputeFormat format_of(Precision precision) {
  if (precision == Precision::kInt8) return unsigned_format(1);
  return precision == Precision::kBFloat16 ? bfloat16_format() : float32_format();
}

ConvolutionWeights some_weights(int channels) {
  const auto count = static_cast<size_t>(channels);
  ConvolutionWeights plain{.weights = std::vector<float>(count * count), .bias = std::vector<float>(count)};
  for (size_t i = 0; i < plain.weights.size(); ++i) plain.weights[i] = static_cast<float>(i * 7 % 13) / 13.0f - 0.5f;
  return plain;
}

// Keeps the fastest repetition of each convolution it is told of.
class Fastest : public ComputeProfile {
 public:
  explicit Fastest(BenchPeak& peak) : peak_(peak) {}

  void convolved(const ConvolutionWork& work) override {
    const double gflops = 2e-9 * static_cast<double>(work.multiplications) / work.seconds;
    if (gflops <= peak_.gflops) return;
    peak_.gflops = gflops;
    peak_.implementation = work.implementation;
    peak_.shape = work.spec.name;
  }
  void lap(std::string_view) override {}

 private:
  BenchPeak& peak_;
};

template <class Context>
void measure_shape(Context& context, const Shape& shape, ComputeFormat format, ComputeProfile& profile) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kPatience = std::chrono::milliseconds(80);
  const ConvolutionSpec spec{.name = fmt::format("{}x{}x{}", shape.channels, shape.side, shape.side),
                             .in_channels = shape.channels,
                             .out_channels = shape.channels,
                             .in = format,
                             .out = format};
  const Convolution convolution(spec, [&] { return some_weights(shape.channels); });
  context.set_profile(&profile);
  Tensor values_in(context.arena(), format, shape.channels, shape.side, shape.side);
  visit_elements(values_in, [&]<class T>(T* values) {
    for (size_t i = 0; i < values_in.count(); ++i) values[i] = from_float<T>(static_cast<float>(i % 5));
  });
  const typename Context::Map in = context.to_device(std::move(values_in));
  (void)context.convolve(convolution, in);  // the first lays out the weights
  const Clock::time_point end = Clock::now() + kPatience;
  do {
    (void)context.convolve(convolution, in);
  } while (Clock::now() < end);
}

}  // namespace

Result<BenchPeak> measure_peak(const std::shared_ptr<const Gpu>& gpu, Precision precision) {
  BenchPeak peak{.precision = precision, .gflops = 0, .shape = "", .implementation = ""};
  Fastest fastest(peak);
  try {
    if (gpu) {
      for (const Shape& shape : kGpuShapes) {
        GpuContext context(std::make_shared<GpuWeights>(gpu));
        measure_shape(context, shape, {ElementType::kFloat32, 1}, fastest);
      }
    } else {
      for (const Shape& shape : kShapes) {
        ComputeContext context;
        measure_shape(context, shape, format_of(precision), fastest);
      }
    }
  } catch (const std::exception& error) {  // oneDNN's own, the GPU's, or no memory
    return Error{ErrorCode::kInternal, fmt::format("measuring the peak failed: {}", error.what())};
  }
  return peak;
}

}  // namespace pretag
