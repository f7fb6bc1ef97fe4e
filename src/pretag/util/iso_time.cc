#include "pretag/util/iso_time.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>

namespace pretag {

std::optional<int64_t> parse_iso_time(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  if (*end == '.') end += 1 + std::strspn(end + 1, "0123456789");
  const std::string_view zone(end);
  if (zone == "Z") return timegm(&parts);
  // "+02:00": hours and minutes ahead of UTC.
  int hours = 0, minutes = 0, read = 0;
  const bool is_offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') &&
                         std::sscanf(end + 1, "%2d:%2d%n", &hours, &minutes, &read) == 2 && read == 5;
  if (!is_offset || hours < 0 || minutes < 0) return std::nullopt;
  const int64_t ahead = hours * 3600 + minutes * 60;
  return timegm(&parts) - (zone[0] == '+' ? ahead : -ahead);
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
