// Some images of many.
#pragma once

#include <string>
#include <vector>

#include "pretag/source/source.h"
#include "pretag/util/result.h"

namespace pretag {

// At most `most` names, evenly spread over the source's.
Result<std::vector<std::string>> spread_names(const Source& source, size_t most);

}  // namespace pretag
