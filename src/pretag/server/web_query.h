// What the requests of the web pages have in common. For this layer.
#pragma once

#include "pretag/server/bitmask.h"
#include "pretag/server/call.h"

namespace pretag {

// The samples of ?tag=; none without it. 404 TAG_UNKNOWN.
Reply<Bitmask> selected_samples(const Call& call, const Record& dataset);
// ?minScore=, 0 without it. 400 unless it is a number from 0 to 1.
Reply<double> query_score(const Call& call);

}  // namespace pretag
