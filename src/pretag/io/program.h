// Runs another program for what it writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// The words of a command line as a shell splits it: blanks separate, single and double quotes keep together, a
// backslash takes what follows as it is (within double quotes only '"' and itself). Nothing is expanded. Nothing for a
// quote without end, or no words.
std::optional<std::vector<std::string>> command_words(std::string_view line);

// What it writes to its standard output. `command` is the program, looked for in PATH, and its arguments; there is no
// shell, and nothing to read. Blocks until it has ended; after `seconds` it and what it has started are killed.
// kNotFound: there is no such program; kUnsupported: it writes more than `max_bytes`; kUnavailable: it fails, with the
// last line that it writes to its standard error. Thread-safe.
Result<std::string> output_of_program(const std::vector<std::string>& command, size_t max_bytes, double seconds);

}  // namespace pretag
