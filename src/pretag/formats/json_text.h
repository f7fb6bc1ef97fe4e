// Pieces of JSON text, written the same way everywhere: equal values give equal bytes.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// Quoted and escaped, non-ASCII characters as they are. kInvalidArgument for text that is not UTF-8.
Result<std::string> json_text(std::string_view text);

// The shortest number that reads back as the same float; always with a point or an exponent, so that readers see a
// real number. Must be finite.
std::string json_float(float value);

// Rounded to `decimals`, without the zeros at the end: 0.25, 1.0. Must be finite.
std::string json_fixed(double value, int decimals);

}  // namespace pretag
