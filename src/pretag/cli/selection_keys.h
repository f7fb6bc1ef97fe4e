// What may be set where a selection is made from images that were looked at before.
#pragma once

#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// kInvalidArgument for a "key=value" whose key is a setting of that earlier work: it would have no effect. Unknown keys
// pass, for parse_run_config() to say so.
Status check_selection_settings(const std::vector<std::string>& settings);

}  // namespace pretag
