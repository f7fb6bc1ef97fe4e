// The configuration of a run, from a YAML file and key=value overrides.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/run/config_yaml.h"
#include "pretag/util/result.h"

namespace pretag {

struct ParsedRunConfig {
  RunConfig config;
  std::vector<std::string> warnings;  // keys without effect, for people, one line each
};

// Defaults, then the file, then `overrides` ("key=value") in their order: the last word wins. Keys may be spelled in
// snake_case or camelCase, and stand below `worker_config:` in a file. In a file a key may be given only once.
// The error names the key (unknown ones with the nearest known), the value and what is allowed; kUnsupported for what
// comes in a later version. See run/config_keys.h for the keys.
Result<ParsedRunConfig> parse_run_config(const std::optional<YamlText>& yaml, std::span<const std::string> overrides);

// The effective configuration: every key that has a value of its own, as YAML that parse_run_config reads back.
std::string to_yaml(const RunConfig& config);

}  // namespace pretag
