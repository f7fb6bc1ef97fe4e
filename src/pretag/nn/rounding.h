// Rounding that compilers turn into vectors, which they do not do with std::nearbyint.
#pragma once

namespace pretag {

// Of a value within ±2^22: to the nearest, ties to even, as adding a number whose last bit is worth 1 does it.
inline float round_to_even(float value) {
  constexpr float kLastBitIsOne = 12582912;  // 1.5 * 2^23
  return (value + kLastBitIsOne) - kLastBitIsOne;
}

}  // namespace pretag
