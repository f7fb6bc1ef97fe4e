// Counter-based random numbers, the same in tests/golden/hashing.py bit for bit.
#pragma once

#include <cstdint>
#include <string_view>

namespace pretag {

// 64-bit FNV-1a: the key of a stream.
constexpr uint64_t fnv1a(std::string_view text) {
  uint64_t value = 0xCBF29CE484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return value;
}

// Value `index` of the stream `key`: splitmix64's output number index + 1 from the state `key` (Steele, Lea, Flood:
// Fast Splittable Pseudorandom Number Generators, 2014).
constexpr uint64_t counter_hash(uint64_t key, uint64_t index) {
  uint64_t z = key + (index + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace pretag
