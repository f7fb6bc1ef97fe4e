// The weights' side of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, 2015, section 4).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pretag {

inline constexpr int kWinogradPlaces = 36;  // of a transformed 3x3 filter, and of a transformed 6x6 patch
inline constexpr int kWinogradTile = 4;     // output cells a side that are computed from them

// Room to transform one output channel's filters after the other. Not thread-safe.
class WinogradFilters {
 public:
  explicit WinogradFilters(int in_channels)
      : in_channels_(in_channels),
        room_(static_cast<size_t>(27) * in_channels),
        transformed_(static_cast<size_t>(kWinogradPlaces) * in_channels) {}

  // `filter` (in_channels, 3, 3) as (place, in_channels), place = row * 6 + column. Valid until the next call.
  std::span<const float> transformed(const float* filter);

 private:
  int in_channels_;
  std::vector<float> room_, transformed_;
};

}  // namespace pretag
