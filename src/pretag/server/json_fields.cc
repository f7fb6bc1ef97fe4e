#include "pretag/server/json_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/server/random_ids.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

// Parsing is a loop, but what walks the result is recursive: it must not be deep.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

const json* value_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

ApiError missing(const char* key) { return bad_request(fmt::format("'{}' is missing", key)); }

Reply<std::string> checked_text(const json& value, const char* key, TextRule rule) {
  if (!value.is_string()) return bad_request(fmt::format("'{}' must be a text", key));
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() < rule.shortest || text.size() > rule.longest) {
    return bad_request(fmt::format("'{}' must have {} to {} characters", key, rule.shortest, rule.longest));
  }
  if (!rule.any_characters &&
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return bad_request(fmt::format("'{}' must not have control characters", key));
  }
  return text;
}

}  // namespace

Reply<json> parse_json(std::string_view text) {
  if (is_too_deep(text)) return bad_request(fmt::format("the body is nested more than {} levels deep", kMaxDepth));
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return bad_request("the body is not JSON");
  return value;
}

Reply<json> parse_json_object(std::string_view text) {
  if (text.empty()) return json::object();
  PRETAG_ASSIGN(json value, parse_json(text));
  if (!value.is_object()) return bad_request("the body must be a JSON object");
  return value;
}

Reply<std::string> required_text(const json& object, const char* key, TextRule rule) {
  const json* value = value_of(object, key);
  if (value == nullptr) return missing(key);
  return checked_text(*value, key, rule);
}

Reply<std::optional<std::string>> optional_text(const json& object, const char* key, TextRule rule) {
  const json* value = value_of(object, key);
  if (value == nullptr) return std::optional<std::string>();
  PRETAG_ASSIGN(std::string text, checked_text(*value, key, rule));
  return std::optional(std::move(text));
}

Reply<std::string> required_choice(const json& object, const char* key,
                                   std::initializer_list<std::string_view> choices) {
  PRETAG_ASSIGN(std::string text, required_text(object, key));
  if (std::ranges::find(choices, text) != choices.end()) return text;
  return bad_request(fmt::format("'{}' must be one of {}", key, fmt::join(choices, ", ")));
}

Reply<std::optional<std::string>> optional_choice(const json& object, const char* key,
                                                  std::initializer_list<std::string_view> choices) {
  if (value_of(object, key) == nullptr) return std::optional<std::string>();
  PRETAG_ASSIGN(std::string text, required_choice(object, key, choices));
  return std::optional(std::move(text));
}

Reply<std::optional<int64_t>> optional_integer(const json& object, const char* key, int64_t least, int64_t most) {
  const json* value = value_of(object, key);
  if (value == nullptr) return std::optional<int64_t>();
  const bool integer =
      value->is_number_integer() && !(value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX);
  if (!integer || value->get<int64_t>() < least || value->get<int64_t>() > most) {
    return bad_request(fmt::format("'{}' must be an integer from {} to {}", key, least, most));
  }
  return std::optional(value->get<int64_t>());
}

Reply<int64_t> required_integer(const json& object, const char* key, int64_t least, int64_t most) {
  PRETAG_ASSIGN(const auto value, optional_integer(object, key, least, most));
  if (!value) return missing(key);
  return *value;
}

Reply<double> required_share(const json& object, const char* key) {
  const json* value = value_of(object, key);
  if (value == nullptr) return missing(key);
  // Written so that a NaN is refused, too.
  if (value->is_number() && value->get<double>() >= 0 && value->get<double>() <= 1) return value->get<double>();
  return bad_request(fmt::format("'{}' must be a number from 0 to 1", key));
}

Reply<std::string> required_id(const json& object, const char* key) {
  PRETAG_ASSIGN(std::string text, required_text(object, key));
  if (!is_id(text)) return bad_request(fmt::format("'{}' must be an id of 24 hex digits", key));
  return text;
}

Reply<std::optional<std::string>> optional_id(const json& object, const char* key) {
  if (value_of(object, key) == nullptr) return std::optional<std::string>();
  PRETAG_ASSIGN(std::string text, required_id(object, key));
  return std::optional(std::move(text));
}

Reply<json> text_list(const json& object, const char* key, size_t most, TextRule rule) {
  const json* value = value_of(object, key);
  if (value == nullptr) return json::array();
  if (!value->is_array() || value->size() > most) {
    return bad_request(fmt::format("'{}' must be a list of at most {} texts", key, most));
  }
  for (const json& text : *value) PRETAG_TRY(checked_text(text, key, rule));
  return *value;
}

Reply<json> required_object(const json& object, const char* key) {
  const json* value = value_of(object, key);
  if (value == nullptr) return missing(key);
  if (!value->is_object()) return bad_request(fmt::format("'{}' must be an object", key));
  return *value;
}

Reply<json> required_array(const json& object, const char* key) {
  const json* value = value_of(object, key);
  if (value == nullptr) return missing(key);
  if (!value->is_array()) return bad_request(fmt::format("'{}' must be a list", key));
  return *value;
}

}  // namespace pretag
