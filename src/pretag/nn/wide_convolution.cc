#include "pretag/nn/wide_convolution.h"

#include <algorithm>
#include <vector>

#include "pretag/nn/kernel_codes.h"
#include "pretag/nn/short_weights.h"

namespace pretag {
namespace {

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

const WideCode* wide_code() {
#if defined(__x86_64__)
  if (has_native_int8()) return nullptr;
  if (has_avx512()) return &kWideAvx512;
  if (supports_int8()) return &kWideAvx2;
#endif
  return nullptr;
}

bool suits_wide(const ConvolutionSpec& spec) {
  const auto plain = [](const ComputeFormat& format) { return format.block == 0; };
  return spec.in.is_quantized() && plain(spec.in) && plain(spec.out) && spec.out.type != ElementType::kBFloat16;
}

int wide_row(const ConvolutionSpec& spec) {
  return round_up(spec.kernel * spec.kernel * spec.in_channels, kShortWeightsAtOnce);
}

WideWeights wide_weights(const WideCode& code, const ConvolutionSpec& spec, const ConvolutionWeights& weights) {
  const int ins = spec.in_channels, places = spec.kernel * spec.kernel, row = wide_row(spec), block = code.out_block;
  const int outs = round_up(spec.out_channels, block);
  WideWeights packed{allocate_aligned<int16_t>(static_cast<size_t>(row) * outs), allocate_aligned<float>(outs),
                     allocate_aligned<float>(outs)};
  std::fill_n(packed.values.get(), static_cast<size_t>(row) * outs, int16_t{0});
  std::fill_n(packed.scales.get(), outs, 0.0f);
  std::fill_n(packed.bias.get(), outs, 0.0f);
  const double largest_input = spec.in.type == ElementType::kInt8 ? 128 : 255;
  std::vector<float> ordered(row);
  for (int o = 0; o < spec.out_channels; ++o) {
    const float* filter = weights.weights.data() + static_cast<size_t>(o) * ins * places;  // (in_channels, y, x)
    for (int c = 0; c < ins; ++c) {
      for (int place = 0; place < places; ++place) ordered[place * ins + c] = filter[c * places + place];
    }
    const int first = o / block * block, lane = o % block;
    const double factor =
        store_short_weights(ordered.data(), row, largest_input, 2 * block,
                            packed.values.get() + static_cast<size_t>(first) * row + static_cast<ptrdiff_t>(2) * lane);
    packed.scales[o] = static_cast<float>(double{spec.in.scale} / spec.out.scale / factor);
    packed.bias[o] = weights.bias[o] / spec.out.scale;
  }
  return packed;
}

}  // namespace pretag
