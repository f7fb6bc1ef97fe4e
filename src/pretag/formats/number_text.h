// Numbers in text from outside.
#pragma once

#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// Far beyond any image; what is beyond it is damage, and would lose its pixels in a float.
inline constexpr double kMaxPixels = 1e6;

// The whole of `text`, white space around it aside. kCorrupt, with `name`, for anything but a number from `least` to
// `most`. The point is a point whatever the locale.
Result<double> parse_number(std::string_view text, std::string_view name, double least, double most);

}  // namespace pretag
