#include "pretag/worker/job_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/util/strings.h"
#include "pretag/worker/mount.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr char kName[] = "the job's configuration";
constexpr size_t kMostBytes = size_t{1} << 20;
constexpr char kDefaultPretagging[] = "pretagging=False";

Error invalid(const std::string& message) {
  return {ErrorCode::kInvalidArgument, fmt::format("{}: {}", kName, message)};
}

// What is later done with the document recurses, so its depth is bounded while it is read.
Result<json> parse_config(std::string_view text) {
  constexpr int kMaxNesting = 64;
  if (text.size() > kMostBytes) return invalid(fmt::format("has more than {} bytes", kMostBytes));
  bool too_deep = false;
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kMaxNesting;
    return depth <= kMaxNesting;
  };
  json config = json::parse(text, shallow, false);
  if (too_deep) return invalid(fmt::format("is nested more than {} levels deep", kMaxNesting));
  if (!config.is_object()) return invalid("is not a JSON object");
  return config;
}

// Takes a member out, in either spelling; null where there is none.
json take(json& object, const std::string& snake) {
  for (const std::string& name : {snake, camel_case(snake)}) {
    const auto found = object.find(name);
    if (found == object.end()) continue;
    json value = std::move(*found);
    object.erase(found);
    return value;
  }
  return nullptr;
}

// The same of a name with a dot: a member of an object, which then says nothing more where it was the last one.
json take_dotted(json& object, const std::string& snake) {
  json value = take(object, snake);
  const size_t dot = snake.find('.');
  if (!value.is_null() || dot == std::string::npos) return value;
  const std::string outer = snake.substr(0, dot);
  for (const std::string& name : {outer, camel_case(outer)}) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_object()) continue;
    value = take(*found, snake.substr(dot + 1));
    if (found->empty()) object.erase(found);
    if (!value.is_null()) break;
  }
  return value;
}

Result<bool> flag_of(const json& value, const std::string& key, bool fallback) {
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) return invalid(key + " must be true or false");
  return value.get<bool>();
}

const ConfigKey* key_of_setting(std::string_view text) { return find_config_key(trim(text.substr(0, text.find('=')))); }

// The worker's default of a flag that is the job's and not its run's, else `fallback`.
bool default_flag(const std::string& key, bool fallback, const JobSettings& settings) {
  for (const std::string& text : settings.defaults) {
    const ConfigKey* known = key_of_setting(text);
    if (known == nullptr || known->name != key) continue;
    fallback = read_bool(trim(std::string_view(text).substr(text.find('=') + 1))).value_or(fallback);
  }
  return fallback;
}

// The job's own, else the worker's default, else `fallback`.
Result<bool> take_flag(json& docker, const std::string& key, bool fallback, const JobSettings& settings) {
  return flag_of(take_dotted(docker, key), key, default_flag(key, fallback, settings));
}

Result<json> part(json& config, const char* name) {
  json value = take(config, name);
  if (value.is_null()) return json::object();
  if (!value.is_object()) return invalid(fmt::format("'{}' must be an object", name));
  return value;
}

// A dataset that is its own pool grows: what was read for an earlier job of it is not read again.
Status read_datapool(JobConfig& job, json& docker, const JobSettings& settings) {
  PRETAG_ASSIGN(const bool use_datapool, flag_of(take(docker, "use_datapool"), "use_datapool", false));
  if (use_datapool) job.pool_dataset = settings.dataset_id;
  const json id = take_dotted(docker, "datapool.dataset_id");
  if (!id.is_null() && !id.is_string()) return invalid("datapool.dataset_id must be the id of a dataset");
  if (id.is_string() && !id.get<std::string>().empty()) job.pool_dataset = id.get<std::string>();
  PRETAG_ASSIGN(const bool process_all, take_flag(docker, "datasource.process_all", false, settings));
  job.only_new_files = job.pool_dataset == settings.dataset_id && !settings.dataset_id.empty() && !process_all;
  return {};
}

// What the crops are called is of no concern to a run.
Result<std::string> take_crops_dataset(json& docker, const JobSettings& settings) {
  constexpr char kKey[] = "object_level.crop_dataset_name";
  const json name = take_dotted(docker, kKey);
  if (!name.is_null() && !name.is_string()) return invalid(fmt::format("{} must be the name of a dataset", kKey));
  if (name.is_string() && !name.get<std::string>().empty()) return name.get<std::string>();
  PRETAG_ASSIGN(ParsedRunConfig defaults, parse_run_config(std::nullopt, settings.defaults));
  return std::move(defaults.config.object_level_crop_dataset);
}

// What a run knows nothing of.
bool is_of_the_job_alone(const ConfigKey& key) { return key.status == KeyStatus::kOfJobs; }

bool says_what_to_select(const ConfigKey& key) {
  return key.name == "selection" || key.name == "method" || key.name.starts_with("selection.") ||
         key.name.starts_with("stopping_condition.") || key.name.starts_with("active_learning.");
}

// The worker's defaults for what the job leaves open. A job that says what to select has said all of it.
Result<std::vector<std::string>> open_defaults(const YamlText& job, const JobSettings& settings, bool has_selection) {
  PRETAG_ASSIGN(const auto entries, flatten_yaml(job));
  std::set<const ConfigKey*> said;
  constexpr std::string_view kWrapper = "worker_config.";
  for (const ConfigEntry& entry : entries) {
    if (entry.is_null || !entry.key.starts_with(kWrapper)) continue;
    said.insert(find_config_key(std::string_view(entry.key).substr(kWrapper.size())));
  }
  std::vector<std::string> defaults = {kDefaultPretagging};
  defaults.insert(defaults.end(), settings.defaults.begin(), settings.defaults.end());
  std::erase_if(defaults, [&](const std::string& text) {
    const ConfigKey* key = key_of_setting(text);
    if (key == nullptr) return false;
    return said.contains(key) || is_of_the_job_alone(*key) || (has_selection && says_what_to_select(*key));
  });
  return defaults;
}

// It may name files, which are looked for below the mounts where they are beside the settings.
Status refuse_selection(json& docker) {
  bool said = !take(docker, "selection").is_null();
  for (const auto& [key, unused] : docker.items()) said = said || key.starts_with("selection.");
  return said ? invalid("'selection' belongs beside the worker's settings, in selection_config") : Status();
}

// Files that a job names are below the mounts, never elsewhere on the worker. Its owner's defaults stay as they are.
Status resolve_paths(json& docker, const JobSettings& settings) {
  // A path may begin with the folder's own name, `prefix`.
  const auto resolve = [&](const std::string& key, const std::string& folder,
                           const std::string& prefix = "") -> Status {
    const json value = take(docker, key);
    if (value.is_null()) return {};
    if (!value.is_string()) return invalid(key + " must be the name of a file");
    if (value.get<std::string>().empty()) return {};
    std::string path = value.get<std::string>();
    if (!prefix.empty() && path.starts_with(prefix)) path.erase(0, prefix.size());
    PRETAG_ASSIGN(docker[key], below_mount(folder, path, key));
    return {};
  };
  if (docker.contains("device") && !docker["device"].is_null()) {
    return invalid("'device' is not for a job to say, but for its worker: pretag worker device=gpu");
  }
  PRETAG_TRY(resolve("pretagging_config", settings.shared_folder));
  PRETAG_TRY(resolve("embeddings", settings.shared_folder));
  PRETAG_TRY(resolve("relevant_filenames_file", settings.lightly_folder + "/.lightly", ".lightly/"));
  const bool is_path = docker.contains("model") && docker["model"].is_string() &&
                       docker["model"].get<std::string>().find('/') != std::string::npos;
  return is_path ? resolve("model", settings.shared_folder) : Status();
}

}  // namespace

Result<JobConfig> read_job_config(std::string_view api_config, const JobSettings& settings) {
  PRETAG_ASSIGN(json config, parse_config(api_config));
  JobConfig job;
  PRETAG_ASSIGN(json docker, part(config, "docker"));
  PRETAG_ASSIGN(const json lightly, part(config, "lightly"));
  PRETAG_ASSIGN(const json selection, part(config, "selection"));
  if (!selection.empty()) job.selection = selection.dump();
  PRETAG_ASSIGN(job.upload_report, take_flag(docker, "upload_report", true, settings));
  PRETAG_ASSIGN(job.upload_crops, take_flag(docker, "crops.enable_upload", true, settings));
  PRETAG_ASSIGN(const std::string crops_dataset, take_crops_dataset(docker, settings));
  PRETAG_ASSIGN(job.upload_predictions, take_flag(docker, "pretagging_upload", false, settings));
  PRETAG_ASSIGN(job.leave_afterwards, take_flag(docker, "shutdown_when_job_finished", false, settings));
  PRETAG_TRY(read_datapool(job, docker, settings));
  PRETAG_TRY(refuse_selection(docker));
  PRETAG_TRY(resolve_paths(docker, settings));

  // JSON is YAML, and the settings of a run are read from that: one table of keys serves files, arguments and jobs.
  constexpr int kIndent = 1;
  json document = {{"worker_config", std::move(docker)}};
  if (!lightly.empty()) document["lightly_config"] = lightly;
  const YamlText yaml{document.dump(kIndent), kName};
  PRETAG_ASSIGN(const auto defaults, open_defaults(yaml, settings, !job.selection.empty()));
  PRETAG_ASSIGN(ParsedRunConfig parsed, parse_run_config(yaml, defaults));
  job.config = std::move(parsed.config);
  job.config.object_level_crop_dataset = crops_dataset;
  job.warnings = std::move(parsed.warnings);
  if (!job.pool_dataset.empty()) job.config.datapool_name.clear();  // a default of the worker's
  return job;
}

}  // namespace pretag
