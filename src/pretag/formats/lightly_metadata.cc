#include "pretag/formats/lightly_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = size_t{16} << 20;
constexpr size_t kMaxNesting = 32;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// What goes through the parsed values recurses, so the text's nesting is bounded first.
bool nests_too_deeply(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') ++i;
    if (c == '"') in_string = !in_string;
    if (in_string) continue;
    if ((c == '{' || c == '[') && ++depth > kMaxNesting) return true;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return false;
}

Result<json> parse(std::string_view text) {
  if (text.size() > kMostBytes || nests_too_deeply(text)) return corrupt("too large or nested too deeply for metadata");
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return corrupt("not valid JSON");
  return document;
}

std::optional<double> number_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_number() || !std::isfinite(value.get<double>())) return std::nullopt;
  return value.get<double>();
}

// Categories are compared as text: 3 and "3" are the same one. So is 3.0, as pandas writes whole numbers where some
// are missing; below 2^53 a double has each of them exactly.
std::optional<std::string> category_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number_integer()) return value.dump();
  if (!value.is_number_float()) return std::nullopt;
  constexpr double kExact = 9007199254740992;
  const auto number = value.get<double>();
  if (number != std::trunc(number) || std::abs(number) >= kExact) return std::nullopt;
  return fmt::format("{}", static_cast<int64_t>(number));
}

const json* find(const json& object, std::string_view path) {
  const json* at = &object;
  for (const std::string& key : split(path, '.')) {
    if (!at->is_object()) return nullptr;
    const auto next = at->find(key);
    if (next == at->end()) return nullptr;
    at = &*next;
  }
  return at;
}

std::string text_at(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

// Of the numeric types Lightly's documentation has a second spelling, NUMERICAL_INT; its API has NUMERIC_INT alone.
std::string value_type_of(const json& entry) {
  constexpr std::string_view kOther = "NUMERICAL_";
  std::string type = text_at(entry, "valueDataType");
  return type.starts_with(kOther) ? "NUMERIC_" + type.substr(kOther.size()) : type;
}

std::string no_default(const MetadataField& field) {
  return fmt::format(", and schema.json has no defaultValue for '{}': add one", one_line(field.path));
}

// Keeps what it has.
void fill_in(json& object, const json& others) {
  for (const auto& [key, value] : others.items()) {
    json& ours = object[key];
    if (ours.is_null()) {
      ours = value;
    } else if (ours.is_object() && value.is_object()) {
      fill_in(ours, value);
    }
  }
}

Result<MetadataField> read_field(const json& entry, size_t index) {
  const auto fail = [&](std::string_view what) { return corrupt(fmt::format("entry {}: {}", index, what)); };
  if (!entry.is_object()) return fail("must be an object");
  MetadataField field{.name = text_at(entry, "name"), .path = text_at(entry, "path"), .default_text = {}};
  if (field.path.empty()) return fail("'path' is missing");
  const std::string type = value_type_of(entry);
  field.numeric = type.starts_with("NUMERIC_");
  if (!field.numeric && !type.starts_with("CATEGORICAL_") && type != "OTHER_STRING") {
    return fail(fmt::format("valueDataType '{}' is none of NUMERIC_…, CATEGORICAL_… and OTHER_STRING", one_line(type)));
  }
  const auto fallback = entry.find("defaultValue");
  if (fallback == entry.end() || fallback->is_null()) return field;
  const auto number = number_of(*fallback);
  const auto category = category_of(*fallback);
  if (field.numeric ? !number : !category) return fail("'defaultValue' does not fit valueDataType");
  field.has_default = true;
  if (field.numeric) field.default_number = *number;
  if (!field.numeric) field.default_text = *category;
  return field;
}

}  // namespace

Result<std::vector<MetadataField>> read_metadata_schema(std::string_view text) {
  PRETAG_ASSIGN(const json document, parse(text));
  if (!document.is_array()) return corrupt("must be a list of metadata fields");
  std::vector<MetadataField> fields;
  for (size_t i = 0; i < document.size(); ++i) {
    PRETAG_ASSIGN(fields.emplace_back(), read_field(document[i], i));
  }
  return fields;
}

Result<MetadataValue> read_metadata_value(const MetadataField& field, std::optional<std::string_view> text) {
  const MetadataValue fallback{.number = field.default_number, .text = field.default_text};
  if (!text && field.has_default) return fallback;
  if (!text) return Error{ErrorCode::kNotFound, "the file is missing" + no_default(field)};
  PRETAG_ASSIGN(const json document, parse(*text));
  const json* metadata = find(document, "metadata");
  const json* value = metadata != nullptr ? find(*metadata, field.path) : nullptr;
  if (value == nullptr || value->is_null()) {
    if (field.has_default) return fallback;
    return corrupt(fmt::format("metadata.{} is missing{}", field.path, no_default(field)));
  }
  if (field.numeric) {
    const auto number = number_of(*value);
    if (!number) return corrupt(fmt::format("metadata.{} must be a finite number", field.path));
    return MetadataValue{.number = *number, .text = {}};
  }
  const auto category = category_of(*value);
  if (!category) return corrupt(fmt::format("metadata.{} must be text, a whole number, true or false", field.path));
  return MetadataValue{.number = 0, .text = *category};
}

Result<std::string> metadata_configuration(std::string_view text) {
  PRETAG_ASSIGN(const auto fields, read_metadata_schema(text));
  PRETAG_ASSIGN(const json document, parse(text));
  json configuration = json::array();
  for (size_t i = 0; i < fields.size(); ++i) {
    const MetadataField& field = fields[i];
    configuration.push_back({{"name", field.name.empty() ? field.path : field.name},
                             {"path", field.path},
                             {"defaultValue", document[i].value("defaultValue", json())},
                             {"valueDataType", value_type_of(document[i])}});
  }
  return configuration.dump();
}

Result<std::string> read_custom_metadata(std::string_view text) {
  PRETAG_ASSIGN(const json document, parse(text));
  if (!document.is_object()) return corrupt("must be an object");
  const auto metadata = document.find("metadata");
  if (metadata == document.end() || metadata->is_null()) return std::string();
  if (!metadata->is_object()) return corrupt("'metadata' must be an object");
  return metadata->dump();
}

std::string frame_metadata(const std::string& own, const std::string& of_video) {
  if (own.empty() || of_video.empty()) return own.empty() ? of_video : own;
  json metadata = json::parse(own);
  fill_in(metadata, json::parse(of_video));
  return metadata.dump();
}

std::string metadata_file_of(std::string_view filename) {
  const size_t name = filename.rfind('/') + 1;  // 0 if there is no folder
  const size_t dot = filename.rfind('.');
  return std::string(dot == std::string_view::npos || dot <= name ? filename : filename.substr(0, dot)) + ".json";
}

}  // namespace pretag
