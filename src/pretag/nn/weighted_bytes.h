// Weighted sums of rows of signed bytes, in 16 bits: several times as many at once as in float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pretag/util/multiversion.h"

namespace pretag {

// A row and its share, in 16384ths. The shares of a sum add up to at most 1, give or take their rounding.
struct ByteTap {
  ptrdiff_t offset;  // of the row's first byte
  int16_t share;
};
inline constexpr float kWholeShare = 16384;

// a * b / 2^15, rounded: one instruction, pmulhrsw.
PRETAG_INLINE int16_t multiply_high(int16_t a, int16_t b) {
  return static_cast<int16_t>(((int32_t{a} * int32_t{b} >> 14) + 1) >> 1);
}

// out[i] = the rounded sum of shares times bytes, for kLanes (even) columns. Bytes are taken in pairs, each as the
// upper half of a 16-bit number, so that nothing has to be unpacked. Sums are in 128ths; sixteen taps are off by less
// than an eighth of a step.
template <int kLanes>
PRETAG_INLINE void weighted_bytes(const int8_t* rows, const ByteTap* taps, int count, int8_t* out) {
  constexpr int kPairs = kLanes / 2;
  int16_t low[kPairs] = {}, high[kPairs] = {};
  for (int t = 0; t < count; ++t) {
    const int8_t* from = rows + taps[t].offset;
    const int16_t share = taps[t].share;
    asm volatile("");  // GCC 12 must not join two rounds of this loop: it computes those one byte after the other
    for (int i = 0; i < kPairs; ++i) {
      uint16_t pair;
      std::memcpy(&pair, from + 2 * i, sizeof pair);
      low[i] = static_cast<int16_t>(low[i] + multiply_high(static_cast<int16_t>(pair << 8), share));
      high[i] = static_cast<int16_t>(high[i] + multiply_high(static_cast<int16_t>(pair & 0xFF00), share));
    }
  }
  for (int i = 0; i < kPairs; ++i) {
    constexpr int16_t kInSteps = 256;  // from 128ths
    const auto lower = static_cast<uint16_t>(multiply_high(low[i], kInSteps) & 0xFF);
    const auto upper = static_cast<uint16_t>(multiply_high(high[i], kInSteps) << 8);
    const auto pair = static_cast<uint16_t>(lower | upper);
    std::memcpy(out + 2 * i, &pair, sizeof pair);
  }
}

}  // namespace pretag
