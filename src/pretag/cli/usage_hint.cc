#include "pretag/cli/usage_hint.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "pretag/run/config_keys.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string hint_for_command(const std::string& word, const std::vector<std::string>& commands) {
  if (word == "help") return "For help: pretag --help, or pretag COMMAND --help";
  if (word == "version") return "For the version: pretag --version";
  return fmt::format("There is no command '{}': {}", one_line(word), known_names(word, commands));
}

// "--accuracy" or "--accuracy=fast", which is a setting.
std::string hint_for_setting(std::string_view word) {
  if (!word.starts_with("--")) return "";
  const std::string key(word.substr(2, word.find('=') - 2));
  const ConfigKey* known = find_config_key(key);
  return known == nullptr ? "" : fmt::format("Settings are written without dashes: {}=VALUE", known->name);
}

}  // namespace

std::string hint_for(std::span<char* const> arguments, const CLI::App& app) {
  if (arguments.size() < 2) return "";
  const std::string command = arguments[1];
  const auto commands = commands_of(app);
  if (std::ranges::find(commands, command) == commands.end()) {
    return command.starts_with('-') ? "" : hint_for_command(command, commands);
  }
  for (const char* argument : arguments.subspan(2)) {
    if (std::string hint = hint_for_setting(argument); !hint.empty()) return hint;
  }
  return "";
}

}  // namespace pretag
