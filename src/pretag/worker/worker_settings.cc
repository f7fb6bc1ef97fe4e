#include "pretag/worker/worker_settings.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Status read_flag(const std::string& key, const std::string& text, bool& field) {
  const auto value = read_bool(text);
  if (!value) return invalid(fmt::format("{}={}: must be True or False", key, one_line(text)));
  field = *value;
  return {};
}

Status read_seconds(const std::string& key, const std::string& text, double& field) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  constexpr double kLeast = 0.05, kMost = 3600;
  if (text.empty() || *end != '\0' || !(value >= kLeast && value <= kMost)) {
    return invalid(fmt::format("{}={}: must be a number of seconds from {} to {}", key, one_line(text), kLeast, kMost));
  }
  field = value;
  return {};
}

Status read_port(const std::string& key, const std::string& text, int& field) {
  const auto port = read_number<int>(text);
  if (!port || *port < 0 || *port > 65535) {
    return invalid(fmt::format("{}={}: must be a port from 0 to 65535", key, one_line(text)));
  }
  field = *port;
  return {};
}

// "a,b" or, as lists are written in the shell for the closed product, "[a, b]".
std::vector<std::string> read_labels(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> labels;
  for (const std::string& part : split(text, ',')) {
    std::string_view label = trim(part);
    const bool quoted = label.size() >= 2 && label.front() == label.back() && (label[0] == '"' || label[0] == '\'');
    if (quoted) label = label.substr(1, label.size() - 2);
    if (!label.empty()) labels.emplace_back(label);
  }
  return labels;
}

using Setter = std::function<Status(const std::string& value)>;

std::map<std::string, Setter> setters(WorkerSettings& settings) {
  const auto text = [](std::string& field) -> Setter {
    return [&field](const std::string& value) -> Status {
      field = value;
      return {};
    };
  };
  const auto flag = [](const std::string& key, bool& field) -> Setter {
    return [key, &field](const std::string& value) { return read_flag(key, value, field); };
  };
  const auto seconds = [](const std::string& key, double& field) -> Setter {
    return [key, &field](const std::string& value) { return read_seconds(key, value, field); };
  };
  return {
      {"token", text(settings.server.token)},
      {"server", text(settings.server.location)},
      {"input_dir", text(settings.mounts.input)},
      {"lightly_dir", text(settings.mounts.lightly)},
      {"output_dir", text(settings.mounts.output)},
      {"shared_dir", text(settings.mounts.shared)},
      {"sanity_check", flag("sanity_check", settings.sanity_check)},
      {"worker.worker_id", text(settings.worker_id)},
      {"worker.worker_name", text(settings.worker_name)},
      {"worker.labels",
       [&settings](const std::string& value) -> Status {
         settings.labels = read_labels(value);
         return {};
       }},
      {"worker.force_start", flag("worker.force_start", settings.force_start)},
      {"worker.poll_interval", seconds("worker.poll_interval", settings.poll_interval)},
      {"worker.heartbeat_interval", seconds("worker.heartbeat_interval", settings.heartbeat_interval)},
      {"worker.progress_interval", seconds("worker.progress_interval", settings.progress_interval)},
      {"worker.file_server", flag("worker.file_server", settings.file_server.enabled)},
      {"worker.file_server_host", text(settings.file_server.host)},
      {"worker.file_server_port",
       [&settings](const std::string& value) {
         return read_port("worker.file_server_port", value, settings.file_server.port);
       }},
  };
}

Error unknown_key(const std::string& key, const std::map<std::string, Setter>& known) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : known) names.push_back(name);
  for (const ConfigKey& row : config_keys()) names.push_back(row.name);
  const std::string near = key.size() <= 100 ? nearest(key, names) : "";
  return invalid(fmt::format("unknown key '{}': {}", one_line(key),
                             near.empty() ? "docs/worker.md lists the worker's keys, 'pretag run --help-config' those "
                                            "that become the default of its jobs"
                                          : "did you mean '" + near + "'?"));
}

Status check(const WorkerSettings& settings) {
  if (settings.server.token.empty()) {
    return invalid("a token is needed: token=YOUR_TOKEN, or LIGHTLY_TOKEN in the environment");
  }
  const std::string& location = settings.server.location;
  if (!location.starts_with("http://") && !location.starts_with("https://")) {
    return invalid(fmt::format("server={}: must begin with http:// or https://", one_line(location)));
  }
  return {};
}

}  // namespace

Result<WorkerSettings> parse_worker_settings(std::span<const std::string> arguments, const EnvironmentLookup& get) {
  WorkerSettings settings;
  settings.server.token = get("LIGHTLY_TOKEN").value_or("");
  settings.server.location = get("LIGHTLY_SERVER_LOCATION").value_or("http://localhost:8000");
  settings.worker_id = get("LIGHTLY_WORKER_ID").value_or("");
  settings.ca_file = get("LIGHTLY_CA_CERTS").value_or("");
  const auto known = setters(settings);
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid(fmt::format("'{}' is not a setting: write key=value", one_line(argument)));
    }
    const std::string key(trim(std::string_view(argument).substr(0, equals)));
    const std::string value(trim(std::string_view(argument).substr(equals + 1)));
    if (const auto found = known.find(key); found != known.end()) {
      PRETAG_TRY(found->second(value));
    } else if (find_config_key(key) != nullptr) {
      settings.job_defaults.push_back(argument);
    } else {
      return unknown_key(key, known);
    }
  }
  if (!settings.sanity_check) PRETAG_TRY(check(settings));
  PRETAG_TRY(parse_run_config(std::nullopt, settings.job_defaults));
  return settings;
}

}  // namespace pretag
