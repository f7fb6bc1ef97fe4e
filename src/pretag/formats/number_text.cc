#include "pretag/formats/number_text.h"

#include <fmt/format.h>

#include <charconv>

#include "pretag/util/strings.h"

namespace pretag {

Result<double> parse_number(std::string_view text, std::string_view name, double least, double most) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{} must be a number from {} to {}, not '{}'", name, least, most, one_line(text, 40))};
  }
  return value;
}

}  // namespace pretag
