#include "pretag/formats/number_text.h"

#include <fmt/format.h>

#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {

Result<double> parse_number(std::string_view text, std::string_view name, double least, double most) {
  text = trim(text);
  const auto value = read_number<double>(text);
  if (!value || !(*value >= least && *value <= most)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{} must be a number from {} to {}, not '{}'", name, least, most, one_line(text, 40))};
  }
  return *value;
}

}  // namespace pretag
