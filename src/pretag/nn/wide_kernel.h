// The convolution of wide_convolution.h for one instruction set; see integer_kernel.h.
#pragma once

#include "pretag/nn/integer_kernel.h"
#include "pretag/nn/wide_convolution.h"

namespace pretag {
namespace {

// A Kernel is an IntegerKernel, or multiplies bytes instead of shorts.
template <class Isa, class Kernel = IntegerKernel<Isa>>
struct Wide {
  using Number = typename Kernel::Number;
  using Ints = typename Isa::Ints;
  using Floats = typename Isa::Floats;
  static constexpr int kLanes = Kernel::kLanes, kRows = Kernel::kRows, kOuts = Kernel::kOuts;
  static constexpr bool kInBytes = sizeof(Number) == 1;
  static constexpr int kBlock = 96;     // output pixels at once, for which weights are read from memory once
  static constexpr int kSection = 512;  // numbers of a row at once: with a block of channels 4 to 32 KiB of weights
  static_assert(kBlock % kRows == 0);

  // Sums are kept of a block of output channels, or of all of them where a row has several sections.
  static size_t sums_kept(int row, int out_channels) {
    const int blocks = row > kSection ? (out_channels + kOuts - 1) / kOuts : 1;
    return static_cast<size_t>(blocks) * kBlock * kOuts;
  }
  static size_t scratch_bytes(int row, int out_channels) {
    return static_cast<size_t>(kBlock) * row * sizeof(Number) + sums_kept(row, out_channels) * sizeof(int32_t);
  }

  template <class Byte>
  static void widen(const uint8_t* from, int count, Number* to) {
    constexpr int kShift = kInBytes && static_cast<Byte>(-1) > 0 ? kByteShift : 0;
    for (int i = 0; i < count; ++i) to[i] = static_cast<Number>(static_cast<Byte>(from[i]) - kShift);
  }

  // The inputs of the output pixel (y, x), zeros where they are outside.
  static void gather(const WideCall& call, int y, int x, Number* to) {
    const int zero = kInBytes && !call.signed_in ? kByteShift : 0;
    const int channels = call.in_channels, top = y * call.stride - call.padding, left = x * call.stride - call.padding;
    const int begin = left < 0 ? 0 : left, end = left + call.kernel < call.width ? left + call.kernel : call.width;
    Number* const row_end = to + call.row;
    for (int ky = 0; ky < call.kernel; ++ky, to += static_cast<ptrdiff_t>(call.kernel) * channels) {
      const bool whole = begin == left && end == left + call.kernel;
      const bool inside = top + ky >= 0 && top + ky < call.height && begin < end;
      if (!inside || !whole) __builtin_memset(to, zero, sizeof(Number) * call.kernel * channels);
      if (!inside) continue;
      const uint8_t* from = call.in + (static_cast<size_t>(top + ky) * call.width + begin) * channels;
      Number* const first = to + static_cast<ptrdiff_t>(begin - left) * channels;
      call.signed_in ? widen<int8_t>(from, (end - begin) * channels, first)
                     : widen<uint8_t>(from, (end - begin) * channels, first);
    }
    __builtin_memset(to, 0, static_cast<size_t>(row_end - to) * sizeof(Number));
  }

  // Sums of products of a section, which begin with `start` or, where that is null, with those of the sections before:
  // (rows, count) x (count, kOuts). What lies beyond the last row up to a multiple of kRows is multiplied, and never
  // read.
  static void multiply(const Number* inputs, int rows, int row, int count, const Number* weights, const int32_t* start,
                       int32_t* sums) {
    const bool first = start != nullptr;
    for (int r = 0; r < rows; r += kRows, sums += kRows * kOuts, inputs += static_cast<ptrdiff_t>(kRows) * row) {
      Ints some[kRows][2];
#pragma GCC unroll 12
      for (int i = 0; i < kRows; ++i) {
        some[i][0] = Kernel::template load<Ints>(first ? start : sums + i * kOuts);
        some[i][1] = Kernel::template load<Ints>((first ? start : sums + i * kOuts) + kLanes);
      }
      Kernel::multiply_add(inputs, row, count, weights, some);
#pragma GCC unroll 12
      for (int i = 0; i < kRows; ++i) {
        Kernel::store(sums + i * kOuts, some[i][0]);
        Kernel::store(sums + i * kOuts + kLanes, some[i][1]);
      }
    }
  }

  static Floats load_addend(ElementType type, const void* from) {
    if (type == ElementType::kUInt8) return __builtin_convertvector(Isa::load_unsigned_bytes(from), Floats);
    if (type == ElementType::kInt8) return __builtin_convertvector(Isa::load_signed_bytes(from), Floats);
    return Kernel::template load<Floats>(from);
  }

  // One vector of output channels of a pixel, of which the output has `count`: where that is less than a vector holds,
  // bytes beyond are not touched.
  static void finish(const WideCall& call, const int32_t* sums, size_t pixel, int channel, int count) {
    const size_t bytes = call.out_type == ElementType::kFloat32 ? sizeof(float) : 1;
    auto* const out = static_cast<std::byte*>(call.out) + (pixel * call.out_channels + channel) * bytes;
    alignas(Floats) std::byte some[sizeof(Floats)];
    const bool whole = count >= kLanes;
    void* const at = whole ? out : some;
    Floats value = __builtin_convertvector(Kernel::template load<Ints>(sums), Floats) *
                       Kernel::template load<Floats>(call.weights.scales.get() + channel) +
                   Kernel::template load<Floats>(call.weights.bias.get() + channel);
    if (call.addend_scale != 0) {
      if (!whole) __builtin_memcpy(some, out, count * bytes);
      value += load_addend(call.addend_type, at) * call.addend_scale;
    }
    if (call.relu) value = value > 0.0f ? value : value - value;
    Kernel::store_output(value, call.out_type, at, 0);
    if (!whole) __builtin_memcpy(out, some, count * bytes);
  }

  // A pixel's block of output channels.
  static void finish(const WideCall& call, const int32_t* sums, size_t pixel, int out) {
    for (int lanes = 0; lanes < kOuts && out + lanes < call.out_channels; lanes += kLanes) {
      finish(call, sums + lanes, pixel, out + lanes, call.out_channels - out - lanes);
    }
  }

  static void convolve(const WideCall& call) {
    const int row = call.row, pixels = call.out_height * call.out_width;
    auto* const inputs = reinterpret_cast<Number*>(call.scratch);
    auto* const sums = reinterpret_cast<int32_t*>(inputs + static_cast<ptrdiff_t>(kBlock) * row);
    const auto* const weights = reinterpret_cast<const Number*>(call.weights.values.get());
    for (int first = 0; first < pixels; first += kBlock) {
      const int count = pixels - first < kBlock ? pixels - first : kBlock;
      for (int r = 0; r < count; ++r) {
        gather(call, (first + r) / call.out_width, (first + r) % call.out_width,
               inputs + static_cast<ptrdiff_t>(r) * row);
      }
      for (int begin = 0; begin < row; begin += kSection) {
        const int numbers = row - begin < kSection ? row - begin : kSection;
        const bool last = begin + numbers == row;
        int32_t* kept = sums;
        for (int out = 0; out < call.out_channels; out += kOuts) {
          multiply(inputs + begin, count, row, numbers,
                   weights + static_cast<size_t>(out) * row + static_cast<ptrdiff_t>(begin) * kOuts,
                   begin == 0 ? call.weights.start.get() + out : nullptr, kept);
          for (int r = 0; last && r < count; ++r) {
            finish(call, kept + static_cast<ptrdiff_t>(r) * kOuts, first + r, out);
          }
          if (row > kSection) kept += static_cast<ptrdiff_t>(kBlock) * kOuts;
        }
      }
    }
  }
};

}  // namespace
}  // namespace pretag
