// What the integer convolutions of one instruction set share. Included by files that are compiled for more instructions
// than the rest of the program, so everything here has internal linkage and nothing of the standard library is called:
// a function that the linker shares with other files must not be made of these instructions.
//
// An Isa is Vectors128, Vectors256 or Vectors512 and
//   kRows  how many rows are multiplied at once: 2 * kRows sums, two vectors of weights and an input stay in registers
//   dot(sum, pair, weights)  the sum with the products of the pair, the same in every lane, and pairs of weights added
#pragma once

#if defined(__aarch64__)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

#include "pretag/nn/compute_format.h"

namespace pretag {
namespace {

// Spelled out for every width, since g++ drops the attribute from a type that depends on a template's argument; the
// narrower one with the instructions for what g++ 12 does number by number there.
#if defined(__AVX512F__)
struct Vectors512 {
  using Shorts = int16_t __attribute__((vector_size(64)));
  using Ints = int32_t __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(64)));
  using BytesAsShorts = int8_t __attribute__((vector_size(32)));
  using UnsignedBytesAsShorts = uint8_t __attribute__((vector_size(32)));
  using BytesAsInts = int8_t __attribute__((vector_size(16)));
  using UnsignedBytesAsInts = uint8_t __attribute__((vector_size(16)));
  static Ints load_signed_bytes(const void* from) {
    BytesAsInts bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Ints);
  }
  static Ints load_unsigned_bytes(const void* from) {
    UnsignedBytesAsInts bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Ints);
  }
  static void store_bytes(const Ints& value, void* to) {
    const auto bytes = __builtin_convertvector(value, BytesAsInts);
    __builtin_memcpy(to, &bytes, sizeof bytes);
  }
};
#endif
#if defined(__aarch64__)
struct Vectors128 {
  using Shorts = int16_t __attribute__((vector_size(16)));
  using Ints = int32_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  using BytesAsShorts = int8_t __attribute__((vector_size(8)));
  using UnsignedBytesAsShorts = uint8_t __attribute__((vector_size(8)));
  static uint8x8_t load_four(const void* from) {
    uint32_t bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return vcreate_u8(bytes);
  }
  static Ints load_signed_bytes(const void* from) {
    return reinterpret_cast<Ints>(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(load_four(from))))));
  }
  static Ints load_unsigned_bytes(const void* from) {
    return reinterpret_cast<Ints>(vmovl_u16(vget_low_u16(vmovl_u8(load_four(from)))));
  }
  static void store_bytes(const Ints& value, void* to) {
    const int16x4_t shorts = vmovn_s32(reinterpret_cast<int32x4_t>(value));
    const int8x8_t bytes = vmovn_s16(vcombine_s16(shorts, shorts));
    __builtin_memcpy(to, &bytes, 4);
  }
};
#else
struct Vectors256 {
  using Shorts = int16_t __attribute__((vector_size(32)));
  using Ints = int32_t __attribute__((vector_size(32)));
  using Floats = float __attribute__((vector_size(32)));
  using BytesAsShorts = int8_t __attribute__((vector_size(16)));
  using UnsignedBytesAsShorts = uint8_t __attribute__((vector_size(16)));
  static Ints load_signed_bytes(const void* from) {
    return reinterpret_cast<Ints>(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(from))));
  }
  static Ints load_unsigned_bytes(const void* from) {
    return reinterpret_cast<Ints>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(from))));
  }
  static void store_bytes(const Ints& value, void* to) {
    const auto lowest = reinterpret_cast<__m256i>(value & 0xFF);
    const __m128i shorts = _mm_packus_epi32(_mm256_castsi256_si128(lowest), _mm256_extracti128_si256(lowest, 1));
    _mm_storel_epi64(static_cast<__m128i*>(to), _mm_packus_epi16(shorts, shorts));
  }
};
#endif

template <class Isa>
struct IntegerKernel {
  using Number = int16_t;  // what is multiplied
  using Shorts = typename Isa::Shorts;
  using Ints = typename Isa::Ints;
  using Floats = typename Isa::Floats;
  static constexpr int kLanes = sizeof(Ints) / sizeof(int32_t), kRows = Isa::kRows;
  static constexpr int kOuts = 2 * kLanes;  // output channels at once

  template <class Vector>
  static Vector load(const void* from) {
    Vector value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  template <class Vector>
  static void store(void* to, const Vector& value) {
    __builtin_memcpy(to, &value, sizeof value);
  }

  // Adds to `sums` kRows inputs, `stride` apart, times one block of output channels: (kRows, count) x (count, kOuts).
  [[gnu::always_inline]] static void multiply_add(const int16_t* inputs, size_t stride, int count,
                                                  const int16_t* weights, Ints sums[kRows][2]) {
    for (int c = 0; c < count; c += 2) {
      const auto weights0 = load<Shorts>(weights + static_cast<ptrdiff_t>(c) * kOuts),
                 weights1 = load<Shorts>(weights + static_cast<ptrdiff_t>(c) * kOuts + 2 * kLanes);
#pragma GCC unroll 12
      for (int row = 0; row < kRows; ++row) {
        int32_t pair;
        __builtin_memcpy(&pair, inputs + row * stride + c, sizeof pair);
        sums[row][0] = Isa::dot(sums[row][0], pair, weights0);
        sums[row][1] = Isa::dot(sums[row][1], pair, weights1);
      }
    }
  }

  // To the nearest, ties to even, within `least`..`most`, as oneDNN's convolutions do it.
  static void store_rounded(Floats value, float least, float most, void* to) {
    constexpr float kLastBitIsOne = 12582912;  // see rounding.h
    const Floats lower = value - value + least, upper = value - value + most;
    value = value < lower ? lower : value;
    value = value > upper ? upper : value;
    value = (value + kLastBitIsOne) - kLastBitIsOne;
    Isa::store_bytes(__builtin_convertvector(value, Ints), to);
  }

  static void store_output(Floats value, ElementType type, void* out, size_t at) {
    if (type == ElementType::kUInt8) {
      store_rounded(value, 0, 255, static_cast<uint8_t*>(out) + at);
    } else if (type == ElementType::kInt8) {
      store_rounded(value, -128, 127, static_cast<int8_t*>(out) + at);
    } else {
      store(static_cast<float*>(out) + at, value);
    }
  }
};

}  // namespace
}  // namespace pretag
