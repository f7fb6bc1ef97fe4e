#include "pretag/util/environment.h"

#include <fmt/format.h>

#include "pretag/util/strings.h"

namespace pretag {

bool is_yes(const std::string& value) {
  const std::string lower = to_lower(value);
  return lower == "yes" || lower == "true" || lower == "1";
}

Result<std::string> checked_endpoint(const char* variable, std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const std::string lower = to_lower(endpoint);
  if (lower.empty() || lower.starts_with("http://") || lower.starts_with("https://")) return endpoint;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: '{}' must begin with https:// or http://", variable, one_line(endpoint))};
}

}  // namespace pretag
