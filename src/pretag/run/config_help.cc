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
  text += "\nFor the jobs of a worker:\n ";
  for (const ConfigKey& key : config_keys()) {
    if (key.status == KeyStatus::kOfJobs) text += " " + key.name;
  }
  text += "\n\nAccepted with a warning, because they have no effect yet:\n ";
  for (const ConfigKey& key : config_keys()) {
    if (key.status == KeyStatus::kNoEffectYet) text += " " + key.name;
  }
  text += "\n\nRefused unless set to their default, because they come in a later version:\n ";
  for (const ConfigKey& key : config_keys()) {
    if (key.status == KeyStatus::kNotYet) text += " " + key.name;
  }
  return text + "\n";
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
