#include "pretag/cli/selection_keys.h"

#include <fmt/format.h>

#include "pretag/run/config_keys.h"
#include "pretag/util/strings.h"

namespace pretag {

Status check_selection_settings(const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    std::string key(trim(std::string_view(setting).substr(0, setting.find('='))));
    if (key.starts_with("selection_config.")) key.replace(0, 16, "selection");
    const ConfigKey* known = find_config_key(key);
    if (known == nullptr || known->of_selection || known->name == "num_threads") continue;
    if (known->name == "enable_corruptness_check") continue;  // the older way to ask for sequences names it
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} is no setting of a selection, but of the run: give it to pretag run", known->name)};
  }
  return {};
}

}  // namespace pretag
