// The target of an HTTP request: the path and the query, percent-decoded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// All text is valid UTF-8 without NUL.
struct HttpTarget {
  std::string path;                   // as it came, still encoded, without the query
  std::vector<std::string> segments;  // between the slashes: a segment may itself contain '/' (%2F)
  std::vector<std::pair<std::string, std::string>> query;

  // The last value of `key` (clients append their token at the end), nullptr where there is none.
  const std::string* last(std::string_view key) const;
  std::vector<std::string> all(std::string_view key) const;
};

// "/v1/datasets/query/name/a%2Fb?shared=False". In the query '+' is a space. kInvalidArgument for targets that do not
// begin with '/', broken escapes, text that is not UTF-8 or has NUL, more than 64 segments or 1,000 parameters.
Result<HttpTarget> parse_http_target(std::string_view target);

}  // namespace pretag
