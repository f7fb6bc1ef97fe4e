// A YAML file as a flat list of keys and values.
#pragma once

#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct YamlText {
  std::string text;
  std::string name;  // of the file, for messages
};

// One value, wherever it was written.
struct ConfigEntry {
  std::string key;  // levels joined with dots, as spelled
  std::string text;
  bool is_null = false;  // null, ~ or nothing
  bool is_list = false;  // then `text` is the list as JSON
  std::string where;     // "config.yaml:12"
};

// In the order of the file. Only what configurations need: nested maps of scalars, and lists, which become JSON.
// Aliases, several documents, deep nesting and large files are refused, so work and memory stay proportional to the
// text. What is not YAML is kInvalidArgument, too; messages begin with the file's name and line.
Result<std::vector<ConfigEntry>> flatten_yaml(const YamlText& yaml);

}  // namespace pretag
