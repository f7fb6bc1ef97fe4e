// Numbers from text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace pretag {

// The number that the whole of `text` is, as std::from_chars reads it: no blanks, no plus sign, whatever the locale.
// Empty for all else, and for what does not fit into a Number.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace pretag
