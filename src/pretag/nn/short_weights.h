// Weights of 16 bits, for sums of products that must fit 32.
#pragma once

#include <cstdint>

namespace pretag {

inline constexpr int kShortWeightsAtOnce = 16;

// Rounds a row of `count` weights, a multiple of kShortWeightsAtOnce, to as many steps as 16 bits and the sum have room
// for when every input is as large as `largest_input`. Pairs are stored `stride` numbers apart. Returns how many steps
// stand for 1.
double store_short_weights(const float* row, int count, double largest_input, int stride, int16_t* out);

}  // namespace pretag
