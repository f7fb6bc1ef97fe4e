// Shapes read from outside: how many bytes they ask for, without overflow.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace pretag {

// No layer of any network here has more than four; the rest is room.
inline constexpr size_t kMaxTensorDimensions = 8;

// The product of the dimensions; nothing when one is negative, they are too many, or the product times eight bytes
// overflows.
inline std::optional<int64_t> checked_element_count(std::span<const int64_t> shape) {
  if (shape.size() > kMaxTensorDimensions) return std::nullopt;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 8;
  int64_t count = 1;
  for (const int64_t dimension : shape) {
    if (dimension < 0 || (dimension > 0 && count > kMost / dimension)) return std::nullopt;
    count *= dimension;
  }
  return count;
}

}  // namespace pretag
