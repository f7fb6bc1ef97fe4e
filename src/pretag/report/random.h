// Numbers by chance, the same ones for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pretag/report/scattered.h"

namespace pretag {

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // 0 <= result < bound < 2^32.
  size_t below(size_t bound) { return static_cast<size_t>((next() >> 32) * bound >> 32); }
  // 0 <= result < 1.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t next() { return scattered(state_ += 0x9e3779b97f4a7c15); }

  uint64_t state_;
};

}  // namespace pretag
