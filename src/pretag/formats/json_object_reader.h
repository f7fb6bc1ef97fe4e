// Reads an object of settings key by key and notices what nobody asked for. For the readers of this layer.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// Keys are in snake_case; the camelCase spelling is taken as well. `where` names the object in messages. All errors are
// kInvalidArgument. Values that are null count as absent. Does not own the object.
class JsonObjectReader {
 public:
  static Result<JsonObjectReader> open(const nlohmann::json& value, std::string where);

  // Nothing where the key is absent; an error for a value of another kind. Numbers are finite.
  Result<std::optional<double>> number(const char* key);
  Result<std::optional<int64_t>> integer(const char* key);
  Result<std::optional<std::string>> text(const char* key);
  Result<std::optional<bool>> boolean(const char* key);
  // A copy-free look at the value; nullptr where it is absent.
  const nlohmann::json* value(const char* key);

  // An error that names a key that was never asked for, with the nearest known one, or one given in both spellings.
  Status finish() const;
  Error wrong(const char* key, std::string_view what) const;
  const std::string& where() const { return where_; }

 private:
  JsonObjectReader(const nlohmann::json& object, std::string where) : object_(&object), where_(std::move(where)) {}

  const nlohmann::json* object_;
  std::string where_;
  std::vector<std::string> asked_;
};

}  // namespace pretag
