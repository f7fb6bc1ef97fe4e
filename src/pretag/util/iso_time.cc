#include "pretag/util/iso_time.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace pretag {

std::optional<int64_t> parse_iso_time(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || (*end != 'Z' && *end != '.')) return std::nullopt;
  return timegm(&parts);
}

std::optional<int64_t> parse_http_time(const std::string& text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const size_t comma = text.find(", ");
  std::array<char, 4> month{};
  std::tm parts{};
  if (comma == std::string::npos ||
      std::sscanf(text.c_str() + comma, ", %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &parts.tm_mday, month.data(),
                  &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6) {
    return std::nullopt;
  }
  const size_t place = kMonths.find(month.data());
  if (place == std::string_view::npos || place % 3 != 0) return std::nullopt;
  parts.tm_mon = static_cast<int>(place / 3);
  parts.tm_year -= 1900;
  return timegm(&parts);
}

}  // namespace pretag
