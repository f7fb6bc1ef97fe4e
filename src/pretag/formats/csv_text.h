// Comma-separated values as RFC 4180 has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// Quoted where it must be.
std::string csv_field(std::string_view text);

// Takes the next record off `text`, which must not be empty. Lines end with LF or CRLF; quoted fields may hold both.
// kCorrupt for a quote that is not closed, or closed before the end of its field.
Result<std::vector<std::string>> next_csv_record(std::string_view& text);

}  // namespace pretag
