// A fixed order without a pattern, for samples.
#pragma once

#include <cstdint>

namespace pretag {

// A number for each index, as if drawn by chance, but 0 for 0: the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast
// splittable pseudorandom number generators", OOPSLA 2014). Every n-th of a sorted list would be of one camera alone
// where a rig has n.
constexpr uint64_t scattered(uint64_t index) {
  uint64_t z = index;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace pretag
