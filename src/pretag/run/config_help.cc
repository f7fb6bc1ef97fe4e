// The table of keys for people to read.
#include <fmt/format.h>

#include "pretag/run/config_keys.h"

namespace pretag {
namespace {

std::string default_shown(const ConfigKey& key) { return key.default_text.empty() ? "(empty)" : key.default_text; }

std::string status_text(KeyStatus status) {
  switch (status) {
    case KeyStatus::kWorks:
      return "works";
    case KeyStatus::kOfJobs:
      return "works in jobs";
    case KeyStatus::kOfJobsAlone:
      return "in jobs only";
    case KeyStatus::kNoEffectYet:
      return "no effect yet";
    case KeyStatus::kNotYet:
      break;
  }
  return "refused, to come";
}

}  // namespace

std::string config_help() {
  std::string text = "Settings: KEY=VALUE on the command line, or KEY: VALUE in a YAML file; also in camelCase.\n\n";
  for (const ConfigKey& key : config_keys()) {
    if (key.status != KeyStatus::kWorks) continue;
    text +=
        fmt::format("  {}  ({}; default {})\n      {}.\n", key.name, allowed_values(key), default_shown(key), key.doc);
  }
  const auto list = [&](const std::string& title, KeyStatus status) {
    text += "\n" + title + ":\n ";
    for (const ConfigKey& key : config_keys()) {
      if (key.status == status) text += " " + key.name;
    }
    text += "\n";
  };
  list("For the jobs of a worker", KeyStatus::kOfJobs);
  list("In the worker_config of a job, and nowhere else", KeyStatus::kOfJobsAlone);
  list("Accepted with a warning, because they have no effect yet", KeyStatus::kNoEffectYet);
  list("Refused unless set to their default, because they come in a later version", KeyStatus::kNotYet);
  return text;
}

std::string config_markdown() {
  std::string text = "| key | value | default | meaning | status |\n|---|---|---|---|---|\n";
  for (const ConfigKey& key : config_keys()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, allowed_values(key), default_shown(key), key.doc,
                        status_text(key.status));
  }
  return text;
}

}  // namespace pretag
