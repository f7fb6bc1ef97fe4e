#include "pretag/nn/metadata_values.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {

namespace {

// Lists of classes or sizes; the longest sensible one has a few thousand names.
constexpr size_t kMaxJsonText = 1 << 20;

Error wrong(const std::string& key, const std::string& text, const std::string& expected) {
  return {ErrorCode::kCorrupt, fmt::format("metadata '{}' is '{}'; expected {}", key, one_line(text, 60), expected)};
}

template <class T>
std::optional<T> number(const std::string& text, T smallest, T largest) {
  const auto value = read_number<T>(trim(text));
  if (!value || !(*value >= smallest && *value <= largest)) return std::nullopt;  // "not in" also catches NaN
  return value;
}

nlohmann::json parsed_json(const std::string& text) {
  if (text.size() > kMaxJsonText) return {};
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

void MetadataValues::text(const std::string& key, std::string& value) const {
  if (const auto found = strings_.find(key); found != strings_.end()) value = found->second;
}

Status MetadataValues::integer(const std::string& key, int smallest, int largest, int& value) const {
  const auto found = strings_.find(key);
  if (found == strings_.end()) return {};
  const auto parsed = number(found->second, smallest, largest);
  if (!parsed) return wrong(key, found->second, fmt::format("a whole number from {} to {}", smallest, largest));
  value = *parsed;
  return {};
}

Status MetadataValues::real(const std::string& key, double smallest, double largest, float& value) const {
  const auto found = strings_.find(key);
  if (found == strings_.end()) return {};
  const auto parsed = number(found->second, smallest, largest);
  if (!parsed) return wrong(key, found->second, fmt::format("a number from {} to {}", smallest, largest));
  value = static_cast<float>(*parsed);
  return {};
}

Status MetadataValues::reals(const std::string& key, double smallest, double largest,
                             std::vector<float>& values) const {
  const auto found = strings_.find(key);
  if (found == strings_.end()) return {};
  const nlohmann::json parsed = parsed_json(found->second);
  std::vector<float> read;
  bool good = parsed.is_array() && !parsed.empty();
  for (size_t i = 0; good && i < parsed.size(); ++i) {
    good = parsed[i].is_number() && parsed[i].get<double>() >= smallest && parsed[i].get<double>() <= largest;
    if (good) read.push_back(parsed[i].get<float>());
  }
  if (!good) return wrong(key, found->second, fmt::format("a JSON list of numbers from {} to {}", smallest, largest));
  values = std::move(read);
  return {};
}

Status MetadataValues::nested_reals(const std::string& key, double smallest, double largest,
                                    std::map<std::string, std::map<std::string, float>>& values) const {
  const auto found = strings_.find(key);
  if (found == strings_.end()) return {};
  const nlohmann::json parsed = parsed_json(found->second);
  std::map<std::string, std::map<std::string, float>> read;
  bool good = parsed.is_object();
  for (auto outer = parsed.begin(); good && outer != parsed.end(); ++outer) {
    std::map<std::string, float>& numbers = read[outer.key()];
    good = outer->is_object();
    for (auto inner = outer->begin(); good && inner != outer->end(); ++inner) {
      good = inner->is_number() && inner->get<double>() >= smallest && inner->get<double>() <= largest;
      if (good) numbers[inner.key()] = inner->get<float>();
    }
  }
  if (!good) {
    return wrong(key, found->second,
                 fmt::format("a JSON object of objects of numbers from {} to {}", smallest, largest));
  }
  values = std::move(read);
  return {};
}

Status MetadataValues::texts(const std::string& key, std::vector<std::string>& values) const {
  const auto found = strings_.find(key);
  if (found == strings_.end()) return {};
  const nlohmann::json parsed = parsed_json(found->second);
  std::vector<std::string> read;
  bool good = parsed.is_array() && !parsed.empty();
  for (size_t i = 0; good && i < parsed.size(); ++i) {
    good = parsed[i].is_string() && !parsed[i].get_ref<const std::string&>().empty();
    if (good) read.push_back(parsed[i].get<std::string>());
  }
  if (!good) return wrong(key, found->second, "a JSON list of names");
  values = std::move(read);
  return {};
}

}  // namespace pretag
