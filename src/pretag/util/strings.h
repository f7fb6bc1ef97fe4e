// Small string helpers that the standard library lacks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pretag {

std::string_view trim(std::string_view text);
// UTF-8's, which Windows editors and spreadsheets write.
std::string_view without_byte_order_mark(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string to_lower(std::string_view text);  // ASCII only
bool is_valid_utf8(std::string_view text);

// `text` fit for a message: control characters and broken UTF-8 as '?', cut to about `longest` bytes with "...".
std::string one_line(std::string_view text, size_t longest = 80);

// Levenshtein distance in bytes.
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word` when it is near enough to be a typing error, else empty. For "did you mean …?".
std::string nearest(std::string_view word, std::span<const std::string> candidates);

// How a message about an unknown name goes on: "did you mean 'car'?", or "there are bus, car", or "there is none".
std::string known_names(std::string_view unknown, const std::vector<std::string>& known);

// "1 image", "12 images".
std::string counted(int64_t count, std::string_view singular, std::string_view plural);
// "1.5 GiB", "312 KiB".
std::string human_bytes(double bytes);
// "2 h 05 min", "3 min 20 s", "12 s".
std::string human_duration(double seconds);

}  // namespace pretag
