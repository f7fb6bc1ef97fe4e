#include "pretag/nn/wide_convolution.h"

#include <algorithm>
#include <vector>

#include "pretag/nn/kernel_codes.h"
#include "pretag/nn/quantize.h"
#include "pretag/nn/short_weights.h"

namespace pretag {
namespace {

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// Rounds an output channel's weights to bytes, and adds these to `sum`. `first` is where the channel's first one goes.
// Returns how many steps stand for 1, as store_short_weights does.
double store_byte_weights(const std::vector<float>& row, int block, int8_t* first, int32_t& sum) {
  const QuantizedMatrix bytes = quantize_rows(row, 1);
  for (size_t i = 0; i < row.size(); ++i) {
    first[i / 4 * 4 * static_cast<size_t>(block) + i % 4] = bytes.values[i];
    sum += bytes.values[i];
  }
  return 1 / double{bytes.scales[0]};
}

}  // namespace

const WideCode* wide_code() {
#if defined(__x86_64__)
  if (has_native_int8()) return nullptr;
  if (has_avx512()) return &kWideAvx512;
  if (supports_int8()) return &kWideAvx2;
  return nullptr;
#elif defined(__aarch64__)
  return has_native_int8() ? &kWideNeonDot : &kWideNeon;
#else
  return nullptr;
#endif
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
  const size_t bytes = static_cast<size_t>(row) * outs * (code.in_bytes ? sizeof(int8_t) : sizeof(int16_t));
  WideWeights packed{allocate_aligned<std::byte>(bytes), allocate_aligned<int32_t>(outs), allocate_aligned<float>(outs),
                     allocate_aligned<float>(outs)};
  std::fill_n(packed.values.get(), bytes, std::byte{0});
  std::fill_n(packed.start.get(), outs, 0);
  std::fill_n(packed.scales.get(), outs, 0.0f);
  std::fill_n(packed.bias.get(), outs, 0.0f);
  const bool is_signed = spec.in.type == ElementType::kInt8;
  const double largest_input = is_signed ? 128 : 255;
  std::vector<float> ordered(row);
  for (int o = 0; o < spec.out_channels; ++o) {
    const float* filter = weights.weights.data() + static_cast<size_t>(o) * ins * places;  // (in_channels, y, x)
    for (int c = 0; c < ins; ++c) {
      for (int place = 0; place < places; ++place) ordered[place * ins + c] = filter[c * places + place];
    }
    const size_t first_of_block = static_cast<size_t>(o / block * block) * row;
    const int lane = o % block;
    double factor = 1;
    if (code.in_bytes) {
      int32_t sum = 0;
      factor = store_byte_weights(ordered, block,
                                  reinterpret_cast<int8_t*>(packed.values.get()) + first_of_block + 4 * lane, sum);
      packed.start[o] = is_signed ? 0 : kByteShift * sum;
    } else {
      factor = store_short_weights(ordered.data(), row, largest_input, 2 * block,
                                   reinterpret_cast<int16_t*>(packed.values.get()) + first_of_block + 2 * lane);
    }
    packed.scales[o] = static_cast<float>(double{spec.in.scale} / spec.out.scale / factor);
    packed.bias[o] = weights.bias[o] / spec.out.scale;
  }
  return packed;
}

}  // namespace pretag
