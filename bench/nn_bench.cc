// The operators at the sizes they have in a 1280x720 frame at torchvision's default input size, on one thread.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "pretag/detect/transform.h"
#include "pretag/nn/compute_context.h"
#include "pretag/nn/feature_ops.h"
#include "pretag/nn/nms.h"
#include "pretag/nn/roi_align.h"
#include "support/seeded_images.h"

namespace pretag {
namespace {

ComputeFormat format_of(const benchmark::State& state) {
  if (state.range(0) == 2) return signed_format(1);
  return state.range(0) == 0 ? float32_format() : bfloat16_format();
}

Tensor filled(ComputeContext& context, ComputeFormat format, int channels, int height, int width) {
  const std::vector<float> values(static_cast<size_t>(channels) * height * width, 0.5f);
  return from_nchw(context.arena(), format, channels, height, width, values.data());
}

// Arguments: 0 float32, 1 bfloat16 or 2 int8, input channels, output channels, kernel, height, width.
void convolution(benchmark::State& state) {
  if (state.range(0) == 1 && !supports_bfloat16()) return state.SkipWithError("this processor cannot compute in bf16");
  const ComputeFormat format = format_of(state);
  const auto at = [&](int i) { return static_cast<int>(state.range(i)); };
  const ConvolutionSpec spec{.in_channels = at(1),
                             .out_channels = at(2),
                             .kernel = at(3),
                             .padding = at(3) / 2,
                             .relu = true,
                             .in = format,
                             .out = format};
  const size_t weights = static_cast<size_t>(at(1)) * at(2) * at(3) * at(3);
  const Convolution layer(spec, [&] {
    return ConvolutionWeights{std::vector<float>(weights, 0.01f), std::vector<float>(spec.out_channels)};
  });
  ComputeContext context;
  const Tensor in = filled(context, format, at(1), at(4), at(5));
  Tensor out = context.convolve(layer, in);
  for (auto _ : state) context.convolve(layer, in, out);
  const double flops = 2.0 * static_cast<double>(weights) * at(4) * at(5);
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(convolution)
    ->ArgNames({"type", "in", "out", "kernel", "height", "width"})
    ->Args({0, 256, 256, 3, 192, 336})  // the pyramid's largest level: more than a third of all work
    ->Args({0, 64, 256, 1, 192, 336})
    ->Args({0, 1024, 256, 1, 48, 84})
    ->Args({0, 12544, 1024, 1, 1, 1024})  // fc6
    ->Args({1, 256, 256, 3, 192, 336})
    ->Args({1, 12544, 1024, 1, 1, 1024})
    ->Args({2, 256, 256, 3, 192, 336})
    ->Args({2, 128, 128, 3, 96, 168})
    ->Args({2, 64, 64, 3, 192, 336})
    ->Args({2, 12544, 1024, 1, 1, 1024})
    ->Unit(benchmark::kMillisecond);

// 0 float32, 1 bfloat16, 2 int8.
void roi_align_of_1000(benchmark::State& state) {
  ComputeContext context;
  std::vector<Tensor> maps;
  std::vector<const Tensor*> levels;
  const float scales[] = {0.25f, 0.125f, 0.0625f, 0.03125f};
  for (int level = 0; level < 4; ++level) {
    maps.push_back(filled(context, format_of(state), 256, 192 >> level, 336 >> level));
  }
  for (const Tensor& map : maps) levels.push_back(&map);
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> x(0, 1200), y(0, 650), size(10, 130);
  std::vector<Roi> rois;
  for (int i = 0; i < 1000; ++i) {
    const float left = x(generator), top = y(generator);
    rois.push_back({left, top, left + size(generator), top + size(generator), i % 4});
  }
  for (auto _ : state) benchmark::DoNotOptimize(roi_align(context.arena(), levels, scales, rois, 1024).data());
}
BENCHMARK(roi_align_of_1000)->ArgName("type")->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

void nms_of_1000(benchmark::State& state) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> position(0, 1000), size(20, 200);
  SortedBoxes boxes;
  for (int i = 0; i < 1000; ++i) {
    const float left = position(generator), top = position(generator);
    boxes.push_back(left, top, left + size(generator), top + size(generator));
  }
  for (auto _ : state) benchmark::DoNotOptimize(nms(boxes, 0.7f));
}
BENCHMARK(nms_of_1000)->Unit(benchmark::kMillisecond);

void transform_of_720p(benchmark::State& state) {
  Arena arena;
  const Image image = make_seeded_image(1280, 720, 1);
  const ComputeFormat format = state.range(0) == 0 ? ComputeFormat{ElementType::kFloat32, 1} : bfloat16_format();
  for (auto _ : state) benchmark::DoNotOptimize(transform(arena, format, image, {749, 1333}).data());
}
BENCHMARK(transform_of_720p)->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pretag
