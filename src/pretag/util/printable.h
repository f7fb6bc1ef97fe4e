// Text of others, for terminals and logs.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/strings.h"

namespace pretag {

// All of the text in one line, as one_line() has it: file names may be made to rule a terminal, or to look like several
// lines of a log.
inline std::string printable(std::string_view text) { return one_line(text, text.size()); }

}  // namespace pretag
