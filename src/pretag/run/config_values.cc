// Text to value and back, for the types that configuration keys have.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "pretag/data/device.h"
#include "pretag/run/config_keys.h"
#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxTextBytes = 4096, kMaxListBytes = size_t{1} << 18;

using Value = std::variant<bool, int64_t, double, std::string>;

bool in_range(const ConfigKey& key, double number) {
  return (key.minus_one && number == -1) || (number >= key.least && number <= key.most);  // false for NaN
}

bool is_one_line_of_text(std::string_view text, size_t most_bytes) {
  return text.size() <= most_bytes && is_valid_utf8(text) &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::optional<Value> read_value(const ConfigKey& key, std::string_view text) {
  switch (key.type) {
    case KeyType::kBool:
      if (const auto value = read_bool(text)) return *value;
      return std::nullopt;
    case KeyType::kInteger:
      if (const auto value = read_number<int64_t>(text); value && in_range(key, static_cast<double>(*value))) {
        return *value;
      }
      return std::nullopt;
    case KeyType::kReal:
      if (const auto value = read_number<double>(text); value && in_range(key, *value)) return *value;
      return std::nullopt;
    case KeyType::kChoice:
      if (std::ranges::find(key.choices, to_lower(text)) == key.choices.end()) return std::nullopt;
      return to_lower(text);
    case KeyType::kDevice:
      if (!is_device_name(to_lower(text))) return std::nullopt;
      return to_lower(text);
    case KeyType::kText:
      if (!is_one_line_of_text(text, kMaxTextBytes)) return std::nullopt;
      return std::string(text);
    case KeyType::kList: {
      // Line breaks and tabs are white space of JSON, which may be written over several lines.
      std::string list(text);
      std::ranges::replace_if(
          list, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
      if (!is_one_line_of_text(list, kMaxListBytes)) return std::nullopt;
      return list;
    }
    case KeyType::kAny:
      break;
  }
  return std::string(text);
}

Precision precision_named(std::string_view name) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8}) {
    if (name == name_of(precision)) return precision;
  }
  return Precision::kAuto;
}

Accuracy accuracy_named(std::string_view name) {
  for (const Accuracy accuracy : {Accuracy::kBest, Accuracy::kBalanced, Accuracy::kFast}) {
    if (name == name_of(accuracy)) return accuracy;
  }
  return Accuracy::kFull;
}

// "8", "0.5", "100000": integers without a point.
std::string number_text(double number) { return fmt::format("{}", number); }

std::string joined(const std::vector<std::string>& choices) {
  std::string text;
  for (size_t i = 0; i < choices.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
  }
  return text;
}

std::string range_text(const ConfigKey& key) {
  const bool integer = key.type == KeyType::kInteger;
  const auto bound = [&](double number) {
    return integer ? fmt::format("{}", static_cast<int64_t>(number)) : number_text(number);
  };
  constexpr double kUnlimited = 1e15;
  std::string text = integer ? "an integer" : "a number";
  text += key.most >= kUnlimited ? " >= " + bound(key.least)
                                 : fmt::format(" from {} to {}", bound(key.least), bound(key.most));
  return key.minus_one && key.least > -1 ? text + ", or -1" : text;
}

}  // namespace

std::optional<bool> read_bool(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

std::string allowed_values(const ConfigKey& key) {
  switch (key.type) {
    case KeyType::kBool:
      return "true or false";
    case KeyType::kInteger:
    case KeyType::kReal:
      return range_text(key);
    case KeyType::kChoice:
      return joined(key.choices);
    case KeyType::kDevice:
      return "cpu, gpu, gpus, auto, or devices that 'pretag doctor' lists (gpu:1; gpu:0,gpu:1 …)";
    case KeyType::kText:
      return "text";
    case KeyType::kList:
      return key.choices.empty() ? "a list in JSON" : joined(key.choices);
    case KeyType::kAny:
      break;
  }
  return "any";
}

Status set_config_value(RunConfig& config, const ConfigKey& key, std::string_view text) {
  const std::optional<Value> value = read_value(key, text);
  if (!value) {
    const std::string allowed = key.type == KeyType::kText ? "one line of UTF-8 text" : allowed_values(key);
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} cannot be '{}': it is {}", key.name, one_line(text), allowed)};
  }
  // The table pairs field types with key types, so the value holds what the field is (a config_keys_test sees to it).
  if (const auto* field = std::get_if<bool RunConfig::*>(&key.field)) config.*(*field) = *std::get_if<bool>(&*value);
  if (const auto* field = std::get_if<int64_t RunConfig::*>(&key.field))
    config.*(*field) = *std::get_if<int64_t>(&*value);
  if (const auto* field = std::get_if<double RunConfig::*>(&key.field))
    config.*(*field) = *std::get_if<double>(&*value);
  if (const auto* field = std::get_if<std::string RunConfig::*>(&key.field)) {
    config.*(*field) = *std::get_if<std::string>(&*value);
  }
  if (const auto* field = std::get_if<Precision RunConfig::*>(&key.field)) {
    config.*(*field) = precision_named(*std::get_if<std::string>(&*value));
  }
  if (const auto* field = std::get_if<Accuracy RunConfig::*>(&key.field)) {
    config.*(*field) = accuracy_named(*std::get_if<std::string>(&*value));
  }
  return {};
}

std::string config_value(const RunConfig& config, const ConfigKey& key) {
  if (const auto* field = std::get_if<bool RunConfig::*>(&key.field)) return config.*(*field) ? "true" : "false";
  if (const auto* field = std::get_if<int64_t RunConfig::*>(&key.field)) return fmt::format("{}", config.*(*field));
  if (const auto* field = std::get_if<double RunConfig::*>(&key.field)) return number_text(config.*(*field));
  if (const auto* field = std::get_if<std::string RunConfig::*>(&key.field)) return config.*(*field);
  if (const auto* field = std::get_if<Precision RunConfig::*>(&key.field))
    return std::string(name_of(config.*(*field)));
  if (const auto* field = std::get_if<Accuracy RunConfig::*>(&key.field)) return std::string(name_of(config.*(*field)));
  return key.default_text;
}

bool is_default_value(const ConfigKey& key, std::string_view text) {
  const std::optional<Value> value = read_value(key, text);
  return value && value == read_value(key, key.default_text);
}

}  // namespace pretag
