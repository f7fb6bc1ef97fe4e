#include "pretag/formats/json_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pretag/util/strings.h"

namespace pretag {

Result<std::string> json_text(std::string_view text) {
  if (!is_valid_utf8(text)) return Error{ErrorCode::kInvalidArgument, "a name is not valid UTF-8"};
  return nlohmann::json(text).dump();
}

std::string json_float(float value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string json_fixed(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') == std::string::npos) return text + ".0";
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text += '0';
  return text == "-0.0" ? "0.0" : text;
}

}  // namespace pretag
