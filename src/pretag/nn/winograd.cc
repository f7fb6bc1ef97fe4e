#include "pretag/nn/winograd.h"

#include <algorithm>
#include <array>

#include "pretag/nn/kernel_codes.h"
#include "pretag/nn/short_weights.h"
#include "pretag/nn/winograd_filters.h"

namespace pretag {
namespace {

constexpr int kPlaces = kWinogradPlaces;

// The largest size that a transformed input can have in each place: each dimension adds `added` times and takes off
// `taken` times the largest byte (the rows of B of Lavin and Gray).
std::array<double, kPlaces> largest_inputs(bool signed_in) {
  constexpr int added[6] = {5, 2, 5, 3, 3, 5}, taken[6] = {5, 8, 5, 3, 3, 5};
  std::array<double, kPlaces> largest{};
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 6; ++x) {
      const int whole = (added[y] + taken[y]) * (added[x] + taken[x]);
      const int up = added[y] * added[x] + taken[y] * taken[x];
      largest[y * 6 + x] = signed_in ? 128.0 * whole : 255.0 * std::max(up, whole - up);
    }
  }
  return largest;
}

}  // namespace

const WinogradCode* winograd_code() {
#if defined(__x86_64__)
  if (has_signed_int8()) return nullptr;
  if (has_avx512()) return has_native_int8() ? &kWinogradAvx512Vnni : &kWinogradAvx512;
  if (supports_int8()) return has_native_int8() ? &kWinogradAvx2Vnni : &kWinogradAvx2;
  return nullptr;
#elif defined(__aarch64__)
  return has_native_int8() ? nullptr : &kWinogradNeon;
#else
  return nullptr;
#endif
}

bool suits_winograd(const WinogradCode& code, const ConvolutionSpec& spec, int height, int width) {
  constexpr int kTile = 4, kInputsAtOnce = 32;
  constexpr int kMostInputs = 256;  // of more, reading the weights takes longer than what is saved
  const auto plain = [](const ComputeFormat& format) { return format.block == 0; };
  const bool kind = spec.kernel == 3 && spec.stride == 1 && spec.padding == 1 && !spec.accumulate &&
                    spec.in.is_quantized() && plain(spec.in) && plain(spec.out) &&
                    spec.out.type != ElementType::kBFloat16 && spec.in_channels % kInputsAtOnce == 0 &&
                    spec.in_channels <= kMostInputs && spec.out_channels % code.out_block == 0;
  if (!kind) return false;
  // Multiplications of 16 bits cost twice those of 8, and incomplete tiles cost what whole ones do.
  const int64_t tiles = int64_t{(height + kTile - 1) / kTile} * ((width + kTile - 1) / kTile);
  const int64_t computed = (tiles + kWinogradTiles - 1) / kWinogradTiles * kWinogradTiles * kPlaces;
  return 2 * computed < int64_t{9} * height * width * 9 / 10;
}

WinogradWeights winograd_weights(const WinogradCode& code, const ConvolutionSpec& spec,
                                 const ConvolutionWeights& weights) {
  const int ins = spec.in_channels, outs = spec.out_channels, block = code.out_block;
  WinogradWeights packed{allocate_aligned<int16_t>(static_cast<size_t>(kPlaces) * ins * outs),
                         allocate_aligned<float>(static_cast<size_t>(kPlaces) * outs), allocate_aligned<float>(outs)};
  const auto largest_input = largest_inputs(spec.in.type == ElementType::kInt8);
  WinogradFilters filters(ins);
  for (int o = 0; o < outs; ++o) {
    const std::span<const float> transformed =
        filters.transformed(weights.weights.data() + static_cast<size_t>(o) * ins * 9);
    const int first = o / block * block, lane = o % block;
    for (int place = 0; place < kPlaces; ++place) {
      const float* row = transformed.data() + static_cast<size_t>(place) * ins;
      const double factor = store_short_weights(
          row, ins, largest_input[place], 2 * block,
          packed.values.get() + (static_cast<size_t>(kPlaces) * first + static_cast<size_t>(place) * block) * ins +
              static_cast<ptrdiff_t>(2) * lane);
      packed.scales[static_cast<size_t>(kPlaces) * first + static_cast<size_t>(place) * block + lane] =
          static_cast<float>(double{spec.in.scale} / spec.out.scale / factor);
    }
    packed.bias[o] = weights.bias[o] / spec.out.scale;
  }
  return packed;
}

}  // namespace pretag
