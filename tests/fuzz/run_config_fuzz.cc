// Configurations from outside: the first line is an override, the rest a file.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "pretag/run/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  std::vector<std::string> overrides;
  if (end != std::string::npos && end > 0) overrides.push_back(text.substr(0, end));
  const pretag::YamlText yaml{end == std::string::npos ? text : text.substr(end + 1), "fuzz.yaml"};
  const auto parsed = pretag::parse_run_config(yaml, overrides);
  if (!parsed) {
    if (parsed.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  // What was accepted must survive being written down.
  const std::string written = pretag::to_yaml(parsed->config);
  const auto again = pretag::parse_run_config(pretag::YamlText{written, "written.yaml"}, {});
  if (!again || pretag::to_yaml(again->config) != written) std::abort();
  return 0;
}
