#include "pretag/util/iso_time.h"

#include <ctime>

namespace pretag {

std::optional<int64_t> parse_iso_time(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || (*end != 'Z' && *end != '.')) return std::nullopt;
  return timegm(&parts);
}

}  // namespace pretag
