#include "pretag/report/text.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <vector>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string with_thousands_separators(std::string digits) {
  const size_t sign = digits.starts_with('-') ? 1 : 0;
  const size_t point = std::min(digits.find('.'), digits.size());
  for (size_t i = point; i > sign + 3;) digits.insert(i -= 3, ",");
  return digits;
}

// The length of the valid UTF-8 character at the beginning of `text`, 0 if there is none.
size_t character_length(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (is_valid_utf8(text.substr(0, length))) return length;
  return 0;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  const auto second = static_cast<unsigned char>(character[1]);
  if (character.size() == 2) return first == 0xC2 && second < 0xA0;   // U+0080..U+009F
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";  // U+FFFE, U+FFFF: not allowed in XML
}

std::string format_time(int64_t unix_seconds, const char* format) {
  if (unix_seconds == 0) return {};
  const std::time_t time = unix_seconds;
  std::tm utc{};
  if (gmtime_r(&time, &utc) == nullptr) return {};
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &utc)};
}

}  // namespace

std::string format_count(int64_t count) { return with_thousands_separators(std::to_string(count)); }

std::string format_decimal(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  return with_thousands_separators(fmt::format("{:.{}f}", value, decimals));
}

std::string format_share(double share) {
  if (!std::isfinite(share)) return "–";
  if (share == 0) return "0 %";
  if (share < 0.001) return "<0.1 %";
  if (share == 1) return "100 %";
  return fmt::format("{:.1f} %", 100 * share);
}

std::string format_utc(int64_t unix_seconds) { return format_time(unix_seconds, "%Y-%m-%d %H:%M UTC"); }
std::string format_utc_iso(int64_t unix_seconds) { return format_time(unix_seconds, "%Y-%m-%dT%H:%M:%SZ"); }

std::string format_counted(int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", format_count(count), count == 1 ? singular : plural);
}

std::string clean_text(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character_length(text);
    const std::string_view character = text.substr(0, length);
    if (character == "\t" || character == "\n" || character == "\r") {
      clean += ' ';
    } else if (length == 0 || is_control(character)) {
      clean += kReplacement;
    } else {
      clean += character;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

std::string escape_markup(std::string_view text) {
  std::string escaped;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string shorten_middle(std::string_view text, size_t max_characters) {
  std::string clean = clean_text(text);
  std::vector<size_t> starts;  // byte offset of each character
  for (size_t i = 0; i < clean.size(); i += character_length(std::string_view(clean).substr(i))) starts.push_back(i);
  if (starts.size() <= max_characters) return clean;
  const size_t head = max_characters / 2, tail = max_characters - head - 1;
  return clean.substr(0, starts[head]) + "…" + clean.substr(starts[starts.size() - tail]);
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? std::to_integer<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace pretag
