#include "pretag/run/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "pretag/run/config_keys.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// What the product's container takes beside a run's settings, and what to do instead.
struct ForeignKey {
  std::string_view name, hint;
};
constexpr std::array<ForeignKey, 8> kForeignKeys = {{
    {"token", "it belongs to a worker, not to a run"},
    {"worker", "it belongs to a worker, not to a run"},
    {"sanity_check", "it belongs to a worker; here it is 'pretag doctor'"},
    {"shared_dir", "it belongs to a worker, not to a run"},
    {"input_dir", "name the folder itself: pretag run FOLDER"},
    {"output_dir", "use --output FOLDER"},
    {"run_directory", "use --output FOLDER"},
    {"output", "use --output FOLDER"},
}};

Error wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// Worker, training and selection settings are written below these in files and API jobs.
std::string without_wrapper(const std::string& key) {
  const size_t dot = key.find('.');
  if (dot == std::string::npos) return key;
  const std::string_view first = std::string_view(key).substr(0, dot);
  const std::string rest = key.substr(dot + 1);
  if (first == "worker_config" || first == "workerConfig") return rest;
  if (first == "lightly_config" || first == "lightlyConfig") return "lightly." + rest;
  if (first == "selection_config" || first == "selectionConfig") return "selection." + rest;
  return key;
}

Error unknown_key(const std::string& key) {
  const std::string first = key.substr(0, key.find('.'));
  for (const ForeignKey& foreign : kForeignKeys) {
    if (first == foreign.name || first == camel_case(foreign.name)) {
      return wrong(fmt::format("'{}' is no setting of a run: {}", one_line(key), foreign.hint));
    }
  }
  std::vector<std::string> known;
  for (const ConfigKey& row : config_keys()) {
    if (row.name.ends_with(".*")) continue;
    if (row.name.ends_with("." + key))
      return wrong(fmt::format("unknown key '{}': did you mean '{}'?", one_line(key), row.name));
    known.push_back(row.name);
    if (camel_case(row.name) != row.name) known.push_back(camel_case(row.name));
  }
  const std::string near = key.size() <= 100 ? nearest(key, known) : "";
  const std::string hint = near.empty() ? "'pretag run --help-config' lists all keys" : "did you mean '" + near + "'?";
  return wrong(fmt::format("unknown key '{}': {}", one_line(key), hint));
}

Result<const ConfigKey*> known_key(const std::string& spelled) {
  if (const ConfigKey* key = find_config_key(spelled)) return key;
  return unknown_key(spelled);
}

// Collects settings in their order; what has no effect yet is judged at the end, when the last word is known.
class Builder {
 public:
  Status set(const ConfigKey& key, const ConfigEntry& entry) {
    if (entry.is_list && key.type != KeyType::kAny && key.type != KeyType::kList) {
      return wrong(fmt::format("{} cannot be a list: it is {}", key.name, allowed_values(key)));
    }
    const std::string text = entry.is_null ? key.default_text : entry.text;
    PRETAG_TRY(set_config_value(config_, key, text));
    if (key.status != KeyStatus::kWorks) ineffective_[entry_name(key, entry)] = {&key, text, entry.where};
    return {};
  }

  Result<ParsedRunConfig> finish() && {
    ParsedRunConfig parsed{.config = std::move(config_), .warnings = {}};
    for (const auto& [name, last] : ineffective_) {
      if (is_default_value(*last.key, last.text)) continue;
      const std::string where = last.where.empty() ? "" : last.where + ": ";
      if (last.key->status == KeyStatus::kNotYet) {
        return Error{ErrorCode::kUnsupported, fmt::format("{}{} comes in a later version; leave it out", where, name)};
      }
      if (last.key->status == KeyStatus::kOfJobsAlone) {
        return Error{ErrorCode::kUnsupported,
                     fmt::format("{}{} can only be set by a job; a data pool without a server is datapool.name=NAME",
                                 where, name)};
      }
      const bool of_jobs = last.key->status == KeyStatus::kOfJobs;
      parsed.warnings.push_back(fmt::format("{}{} is accepted, but has {}", where, name,
                                            of_jobs ? "an effect only in the jobs of a worker" : "no effect yet"));
    }
    return parsed;
  }

  // What tells one key from another, however it is spelled.
  static std::string entry_name(const ConfigKey& key, const ConfigEntry& entry) {
    return key.name.ends_with("*") ? one_line(entry.key) : key.name;
  }

 private:
  struct Last {
    const ConfigKey* key = nullptr;
    std::string text, where;
  };
  RunConfig config_;
  std::map<std::string, Last> ineffective_;
};

Status apply_file(const YamlText& yaml, Builder& builder) {
  PRETAG_ASSIGN(std::vector<ConfigEntry> entries, flatten_yaml(yaml));
  std::set<std::string> seen;
  for (ConfigEntry& entry : entries) {
    if (entry.is_null && without_wrapper(entry.key + ".x") == "x") continue;  // "worker_config:" and nothing below
    entry.key = without_wrapper(entry.key);
    const Result<const ConfigKey*> key = known_key(entry.key);
    if (!key) return key.error().in(entry.where);
    if (!seen.insert(Builder::entry_name(**key, entry)).second) {
      return wrong(fmt::format("{}: {} is given twice", entry.where, one_line(entry.key)));
    }
    if (const Status status = builder.set(**key, entry); !status) return status.error().in(entry.where);
  }
  return {};
}

// 'text' or "text", as people write it out of habit, without its quotes.
std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '\'' || text.front() == '"');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Status apply_override(const std::string& override_text, Builder& builder) {
  const size_t equals = override_text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return wrong(fmt::format("'{}' is not a setting: write key=value", one_line(override_text)));
  }
  const std::string_view value = trim(std::string_view(override_text).substr(equals + 1));
  ConfigEntry entry;
  entry.key = without_wrapper(std::string(trim(std::string_view(override_text).substr(0, equals))));
  entry.text = unquoted(value);
  entry.is_null = value == "None" || value == "null" || value == "~";
  PRETAG_ASSIGN(const ConfigKey* key, known_key(entry.key));
  return builder.set(*key, entry);
}

}  // namespace

Result<ParsedRunConfig> parse_run_config(const std::optional<YamlText>& yaml, std::span<const std::string> overrides) {
  Builder builder;
  if (yaml) PRETAG_TRY(apply_file(*yaml, builder));
  for (const std::string& text : overrides) PRETAG_TRY(apply_override(text, builder));
  return std::move(builder).finish();
}

std::string to_yaml(const RunConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  for (const ConfigKey& key : config_keys()) {
    if (key.field.index() == 0) continue;
    out << YAML::Key << key.name << YAML::Value;
    if (key.type == KeyType::kText || key.type == KeyType::kList)
      out << YAML::DoubleQuoted;  // so that "null" or "yes" stays text
    out << config_value(config, key);
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace pretag
