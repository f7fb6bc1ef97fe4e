// In which number format the network computes.
#pragma once

#include <string_view>

namespace pretag {

enum class Precision { kAuto, kFloat32, kBFloat16, kInt8 };

// "auto", "f32", "bf16", "int8": as in configurations.
constexpr std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "f32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
    case Precision::kAuto:
      break;
  }
  return "auto";
}

}  // namespace pretag
