// How large the network sees the images: time against small objects.
#pragma once

#include <algorithm>
#include <string_view>

namespace pretag {

enum class Accuracy { kBest, kFull, kBalanced, kFast };

// "best", "full", "balanced", "fast": as in configurations.
constexpr std::string_view name_of(Accuracy accuracy) {
  switch (accuracy) {
    case Accuracy::kBest:
      return "best";
    case Accuracy::kBalanced:
      return "balanced";
    case Accuracy::kFast:
      return "fast";
    case Accuracy::kFull:
      break;
  }
  return "full";
}

// A side of the network input, pixels, where the model says `side`: all of it, three quarters or half; of the best,
// that of its first look, as its second is that of kFast. Never below 32, the last feature map's stride, unless the
// model itself says less.
constexpr int input_side(int side, Accuracy accuracy) {
  constexpr int kSmallest = 32;
  const int quarters = accuracy == Accuracy::kFast ? 2 : accuracy == Accuracy::kBalanced ? 3 : 4;
  const auto rounded = static_cast<int>((static_cast<long long>(side) * quarters + 2) / 4);
  return std::max(rounded, std::min(side, kSmallest));
}

}  // namespace pretag
