// The convolution of winograd.h for one instruction set. Included by files that are compiled for more instructions than
// the rest of the program, so everything here has internal linkage and nothing of the standard library is called:
// a function that the linker shares with other files must not be made of these instructions.
#pragma once

#include "pretag/nn/integer_kernel.h"
#include "pretag/nn/winograd.h"

namespace pretag {
namespace {

template <class Isa>
struct Winograd {
  using Shorts = typename Isa::Shorts;
  using Ints = typename Isa::Ints;
  using Floats = typename Isa::Floats;
  using Kernel = IntegerKernel<Isa>;
  static constexpr int kLanes = Kernel::kLanes, kRows = Kernel::kRows, kOuts = Kernel::kOuts;
  static constexpr int kIns = 2 * kLanes;  // input channels transformed at once
  static constexpr int kTile = 4, kWindow = 6, kPlaces = kWindow * kWindow;
  static_assert(kWinogradTiles % kRows == 0);

  // So many tiles that their transformed inputs, all channels of all places, stay in the second-level cache.
  static int tiles_a_block(int in_channels) {
    constexpr int kNumbers = 6400;  // a place: 450 KiB in all
    const int groups = kNumbers / in_channels / kWinogradTiles;
    return kWinogradTiles * (groups < 1 ? 1 : groups > 4 ? 4 : groups);
  }
  // Between the transformed inputs of two places; not a multiple of 4096 bytes, which would share a few cache lines.
  static size_t place_stride(int in_channels) {
    return static_cast<size_t>(tiles_a_block(in_channels)) * in_channels + kIns;
  }

  static size_t scratch_bytes(int in_channels) {
    constexpr size_t kAlignment = 64;
    return kPlaces * place_stride(in_channels) * sizeof(int16_t) +
           static_cast<size_t>(kPlaces) * tiles_a_block(in_channels) * kOuts * sizeof(float) + in_channels + kAlignment;
  }

  // One dimension of the input's transform, the rows of B.
  static void transform_input(const Shorts d[kWindow], Shorts out[kWindow]) {
    const Shorts even = d[4] - (d[2] << 2), odd = d[3] - (d[1] << 2);
    const Shorts near_even = d[4] - d[2], near_odd = (d[3] - d[1]) << 1;
    out[0] = ((d[0] - d[2]) << 2) + near_even;
    out[1] = even + odd;
    out[2] = even - odd;
    out[3] = near_even + near_odd;
    out[4] = near_even - near_odd;
    out[5] = ((d[1] - d[3]) << 2) + (d[5] - d[3]);
  }

  // One dimension of the sums' transform, the rows of A.
  static void transform_sums(const Floats m[kWindow], Floats out[kTile]) {
    const Floats sum1 = m[1] + m[2], difference1 = m[1] - m[2], sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    out[0] = m[0] + sum1 + sum2;
    out[1] = difference1 + 2.0f * difference2;
    out[2] = sum1 + 4.0f * sum2;
    out[3] = difference1 + 8.0f * difference2 + m[5];
  }

  // `pixels` are the 36 of a tile's window.
  template <class Bytes>
  static void transform_window(const uint8_t* const* pixels, int channels, size_t stride, int16_t* out) {
    for (int c = 0; c < channels; c += kIns) {
      Shorts columns[kWindow][kWindow];  // [y][x]
      for (int x = 0; x < kWindow; ++x) {
        Shorts from[kWindow], to[kWindow];
        for (int y = 0; y < kWindow; ++y) {
          from[y] = __builtin_convertvector(Kernel::template load<Bytes>(pixels[y * kWindow + x] + c), Shorts);
        }
        transform_input(from, to);
        for (int y = 0; y < kWindow; ++y) columns[y][x] = to[y];
      }
      for (int y = 0; y < kWindow; ++y) {
        Shorts to[kWindow];
        transform_input(columns[y], to);
        for (int x = 0; x < kWindow; ++x) Kernel::store(out + (y * kWindow + x) * stride + c, to[x]);
      }
    }
  }

  // kRows tiles times one block of output channels in one place: (kRows, channels) x (channels, kOuts).
  static void multiply(const int16_t* inputs, int channels, const int16_t* weights, const float* scales, float* out) {
    Ints sums[kRows][2] = {};
    Kernel::multiply_add(inputs, channels, channels, weights, sums);
    const auto scales0 = Kernel::template load<Floats>(scales),
               scales1 = Kernel::template load<Floats>(scales + kLanes);
#pragma GCC unroll 12
    for (int row = 0; row < kRows; ++row) {
      Kernel::store(out + row * kOuts, __builtin_convertvector(sums[row][0], Floats) * scales0);
      Kernel::store(out + row * kOuts + kLanes, __builtin_convertvector(sums[row][1], Floats) * scales1);
    }
  }

  // The tile at (top, left) of one vector of output channels, from its sums in 36 places `stride` apart.
  static void finish_tile(const WinogradCall& call, const float* sums, size_t stride, int top, int left, int channel) {
    Floats columns[kTile][kWindow];
    for (int x = 0; x < kWindow; ++x) {
      Floats from[kWindow], to[kTile];
      for (int y = 0; y < kWindow; ++y) from[y] = Kernel::template load<Floats>(sums + (y * kWindow + x) * stride);
      transform_sums(from, to);
      for (int y = 0; y < kTile; ++y) columns[y][x] = to[y];
    }
    const auto bias = Kernel::template load<Floats>(call.weights.bias.get() + channel);
    for (int y = 0; y < kTile && top + y < call.height; ++y) {
      Floats to[kTile];
      transform_sums(columns[y], to);
      for (int x = 0; x < kTile && left + x < call.width; ++x) {
        Floats value = to[x] + bias;
        if (call.relu) value = value > 0.0f ? value : value - value;
        const size_t pixel = static_cast<size_t>(top + y) * call.width + left + x;
        Kernel::store_output(value, call.out_type, call.out, pixel * call.out_channels + channel);
      }
    }
  }

  static void convolve(const WinogradCall& call) {
    const int channels = call.in_channels, tiles_a_row = (call.width + kTile - 1) / kTile;
    const int tiles = tiles_a_row * ((call.height + kTile - 1) / kTile), most = tiles_a_block(channels);
    const size_t stride = place_stride(channels), sums_stride = static_cast<size_t>(most) * kOuts;
    auto* inputs = reinterpret_cast<int16_t*>(call.scratch);
    auto* sums = reinterpret_cast<float*>(inputs + kPlaces * stride);
    auto* zeros = reinterpret_cast<uint8_t*>(sums + kPlaces * sums_stride);
    __builtin_memset(zeros, 0, channels);

    for (int first = 0; first < tiles; first += most) {
      const int count = tiles - first < most ? tiles - first : most;
      for (int t = 0; t < count; ++t) {
        const int top = (first + t) / tiles_a_row * kTile - 1, left = (first + t) % tiles_a_row * kTile - 1;
        const uint8_t* pixels[kPlaces];
        for (int place = 0; place < kPlaces; ++place) {
          const int y = top + place / kWindow, x = left + place % kWindow;
          const bool inside = y >= 0 && y < call.height && x >= 0 && x < call.width;
          pixels[place] = inside ? call.in + (static_cast<size_t>(y) * call.width + x) * channels : zeros;
        }
        int16_t* out = inputs + static_cast<ptrdiff_t>(t) * channels;
        call.signed_in ? transform_window<typename Isa::BytesAsShorts>(pixels, channels, stride, out)
                       : transform_window<typename Isa::UnsignedBytesAsShorts>(pixels, channels, stride, out);
      }
      for (int out = 0; out < call.out_channels; out += kOuts) {
        const int16_t* weights = call.weights.values.get() + static_cast<size_t>(kPlaces) * channels * out;
        const float* scales = call.weights.scales.get() + static_cast<size_t>(kPlaces) * out;
        for (int place = 0; place < kPlaces; ++place) {
          for (int t = 0; t < count; t += kRows) {  // what lies beyond the last tile is multiplied, and never read
            multiply(inputs + place * stride + static_cast<size_t>(t) * channels, channels,
                     weights + static_cast<size_t>(place) * channels * kOuts, scales + place * kOuts,
                     sums + place * sums_stride + static_cast<size_t>(t) * kOuts);
          }
        }
        for (int t = 0; t < count; ++t) {
          const int top = (first + t) / tiles_a_row * kTile, left = (first + t) % tiles_a_row * kTile;
          for (int lanes = 0; lanes < kOuts; lanes += kLanes) {
            finish_tile(call, sums + static_cast<size_t>(t) * kOuts + lanes, sums_stride, top, left, out + lanes);
          }
        }
      }
    }
  }
};

}  // namespace
}  // namespace pretag
