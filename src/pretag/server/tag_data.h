// Tags as the API shows them. For this layer.
#pragma once

#include <nlohmann/json.hpp>

#include "pretag/server/records.h"

namespace pretag {

// TagData. The document of a tag holds bitMaskData, totSize, prevTagId and, where given, runId and the like.
nlohmann::json tag_data(const Record& tag);

}  // namespace pretag
