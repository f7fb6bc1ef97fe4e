// What an image costs outside the network, for a frame of 1280 x 720.
#include <benchmark/benchmark.h>

#include "pretag/image/content_hash.h"
#include "pretag/image/decode.h"
#include "pretag/image/quality.h"
#include "pretag/image/resize.h"
#include "support/test_images.h"

namespace pretag {
namespace {

// A frame with texture, as a camera gives it: a gradient with noise of a few levels.
const Image& frame() {
  static const Image image = [] {
    Image result = make_picture(1280, 720);
    const Image noise = make_noise(1280, 720, 1);
    for (size_t i = 0; i < result.rgb.size(); ++i)
      result.rgb[i] = static_cast<uint8_t>(result.rgb[i] + noise.rgb[i] / 16);
    return result;
  }();
  return image;
}

void decode(benchmark::State& state, const Bytes& bytes) {
  for (auto _ : state) benchmark::DoNotOptimize(decode_image(bytes));
}

void BM_DecodeJpeg(benchmark::State& state) { decode(state, make_jpeg(frame(), {.quality = 85})); }
void BM_DecodeJpegSideways(benchmark::State& state) {
  decode(state, with_jpeg_exif(make_jpeg(frame(), {.quality = 85}), make_exif_block(6)));
}
void BM_DecodePng(benchmark::State& state) { decode(state, make_png(frame())); }

void BM_MeasureQuality(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(measure_quality(frame()));
}

void BM_ContentHash(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(content_hash(frame()));
}

void BM_Thumbnail(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(resize_to_fit(frame(), 320));
}

BENCHMARK(BM_DecodeJpeg)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecodeJpegSideways)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecodePng)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_MeasureQuality)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ContentHash)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Thumbnail)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pretag
