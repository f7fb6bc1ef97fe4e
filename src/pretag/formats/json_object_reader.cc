#include "pretag/formats/json_object_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::string camel_case(std::string_view snake) {
  std::string camel;
  bool upper = false;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return camel;
}

}  // namespace

Result<JsonObjectReader> JsonObjectReader::open(const nlohmann::json& value, std::string where) {
  if (!value.is_object()) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} must be an object {{\"key\": value, …}}", where)};
  }
  return JsonObjectReader(value, std::move(where));
}

const nlohmann::json* JsonObjectReader::value(const char* key) {
  const std::string spellings[] = {key, camel_case(key)};
  for (const std::string& spelled : spellings) {
    if (std::ranges::find(asked_, spelled) == asked_.end()) asked_.push_back(spelled);
  }
  for (const std::string& spelled : spellings) {
    const auto found = object_->find(spelled);
    if (found != object_->end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

Error JsonObjectReader::wrong(const char* key, std::string_view what) const {
  return {ErrorCode::kInvalidArgument, fmt::format("{}.{} {}", where_, key, what)};
}

Result<std::optional<double>> JsonObjectReader::number(const char* key) {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::optional<double>();
  if (!found->is_number() || !std::isfinite(found->get<double>())) return wrong(key, "must be a number");
  return std::optional(found->get<double>());
}

Result<std::optional<int64_t>> JsonObjectReader::integer(const char* key) {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::optional<int64_t>();
  constexpr double kMost = 9e15;  // below 2^53
  const double as_real = found->is_number() ? found->get<double>() : NAN;
  if (!(std::fabs(as_real) <= kMost) || as_real != std::floor(as_real)) return wrong(key, "must be a whole number");
  return std::optional(static_cast<int64_t>(as_real));
}

Result<std::optional<std::string>> JsonObjectReader::text(const char* key) {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::optional<std::string>();
  if (!found->is_string()) return wrong(key, "must be text in quotes");
  return std::optional(found->get<std::string>());
}

Result<std::optional<bool>> JsonObjectReader::boolean(const char* key) {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::optional<bool>();
  if (!found->is_boolean()) return wrong(key, "must be true or false");
  return std::optional(found->get<bool>());
}

Status JsonObjectReader::finish() const {
  for (const auto& [key, value] : object_->items()) {
    if (std::ranges::find(asked_, key) != asked_.end()) {
      const std::string other = camel_case(key);
      if (other == key || !object_->contains(other)) continue;
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{} gives both '{}' and '{}', which are the same key", where_, key, other)};
    }
    const std::string near = nearest(key, asked_);
    const std::string hint =
        near.empty() ? fmt::format("known are {}", fmt::join(asked_, ", ")) : "did you mean '" + near + "'?";
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} has an unknown key '{}': {}", where_, one_line(key), hint)};
  }
  return {};
}

}  // namespace pretag
