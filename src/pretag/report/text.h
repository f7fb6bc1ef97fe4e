// Numbers and names as people read them, safe to put into HTML, SVG and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pretag {

std::string format_count(int64_t count);                     // "1,234,567"
std::string format_decimal(double value, int decimals = 2);  // "1,234.50"; "–" if it is not finite
std::string format_share(double share);                      // of 0..1: "45.1 %", "<0.1 %", "0 %"
std::string format_utc(int64_t unix_seconds);                // "2026-11-22 19:18 UTC"; empty for 0
std::string format_utc_iso(int64_t unix_seconds);            // "2026-11-22T19:18:05Z"; empty for 0
// "1 image", "2,000 images"
std::string format_counted(int64_t count, std::string_view singular, std::string_view plural);

// Valid UTF-8 without control characters: each byte or character that is neither becomes U+FFFD. Tabs and newlines
// become spaces.
std::string clean_text(std::string_view text);
// clean_text with & < > " ' escaped: for HTML and XML, as content or inside quotes.
std::string escape_markup(std::string_view text);
// At most `max_characters` code points of clean text, the middle of longer ones replaced by "…": the beginning and the
// end of a path tell most.
std::string shorten_middle(std::string_view text, size_t max_characters);

std::string base64(std::span<const std::byte> bytes);

}  // namespace pretag
