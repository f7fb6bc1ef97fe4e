// Reads the JSON bodies of requests. Unknown keys are passed over, as the platform does. For this layer.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "pretag/server/reply.h"

namespace pretag {

// At most 64 levels deep. 400 for what is not JSON.
Reply<nlohmann::json> parse_json(std::string_view text);
// An object; an empty text is an empty object (clients send PUT without a body).
Reply<nlohmann::json> parse_json_object(std::string_view text);

struct TextRule {
  size_t shortest = 0, longest = 1000;  // bytes
  bool any_characters = false;          // control characters too
};

// All: 400 names the key. Optional values are absent when the key is missing or null.
Reply<std::string> required_text(const nlohmann::json& object, const char* key, TextRule rule = {});
Reply<std::optional<std::string>> optional_text(const nlohmann::json& object, const char* key, TextRule rule = {});
Reply<std::string> required_choice(const nlohmann::json& object, const char* key,
                                   std::initializer_list<std::string_view> choices);
Reply<std::optional<std::string>> optional_choice(const nlohmann::json& object, const char* key,
                                                  std::initializer_list<std::string_view> choices);
Reply<std::optional<int64_t>> optional_integer(const nlohmann::json& object, const char* key, int64_t least,
                                               int64_t most);
Reply<int64_t> required_integer(const nlohmann::json& object, const char* key, int64_t least, int64_t most);
// A number from 0 to 1.
Reply<double> required_share(const nlohmann::json& object, const char* key);
Reply<std::string> required_id(const nlohmann::json& object, const char* key);
Reply<std::optional<std::string>> optional_id(const nlohmann::json& object, const char* key);
// A list of texts; an absent one is empty.
Reply<nlohmann::json> text_list(const nlohmann::json& object, const char* key, size_t most = 1000, TextRule rule = {});
// A value of the given type: object or array.
Reply<nlohmann::json> required_object(const nlohmann::json& object, const char* key);
Reply<nlohmann::json> required_array(const nlohmann::json& object, const char* key);

}  // namespace pretag
