// Finding tags. For this layer.
#pragma once

#include "pretag/server/call.h"

namespace pretag {

// The tag {tagId} of the path. 404 TAG_UNKNOWN.
Reply<Record> tag_of(const Call& call, const Record& dataset);

}  // namespace pretag
