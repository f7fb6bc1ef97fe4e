// An opaque sRGB colour, and how well one can be read on another.
#pragma once

#include <cstdint>
#include <string>

namespace pretag {

struct Color {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Color&) const = default;
};

std::string to_hex(Color color);  // "#0072b2"

// WCAG 2.1: 1 (the same) to 21 (black on white).
double contrast(Color a, Color b);
// Black or white, whichever reads better on `background`.
Color readable_on(Color background);

}  // namespace pretag
