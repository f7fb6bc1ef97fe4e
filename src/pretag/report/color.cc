#include "pretag/report/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pretag {
namespace {

// WCAG 2.1, "relative luminance".
double relative_luminance(Color color) {
  const auto linear = [](uint8_t value) {
    const double c = value / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

}  // namespace

std::string to_hex(Color color) { return fmt::format("#{:02x}{:02x}{:02x}", color.r, color.g, color.b); }

double contrast(Color a, Color b) {
  const double one = relative_luminance(a), other = relative_luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

Color readable_on(Color background) {
  constexpr Color kBlack{0, 0, 0}, kWhite{255, 255, 255};
  return contrast(kBlack, background) >= contrast(kWhite, background) ? kBlack : kWhite;
}

}  // namespace pretag
