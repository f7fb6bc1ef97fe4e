// Numbers by chance that depend on a seed and an index alone, so that threads and order cannot change them.
#pragma once

#include <cstdint>

namespace pretag {

// Sebastiano Vigna's splitmix64.
constexpr uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

constexpr uint64_t chance(uint64_t seed, uint64_t index) { return splitmix64(splitmix64(seed) ^ index); }

// In (0, 1].
constexpr double uniform(uint64_t seed, uint64_t index) {
  return static_cast<double>((chance(seed, index) >> 11) + 1) * 0x1p-53;
}

}  // namespace pretag
