// The same work for many things at once, where it waits for a network more than it computes.
#pragma once

#include <cstddef>
#include <functional>

#include "pretag/util/result.h"

namespace pretag {

// Calls `work` for every index below `count`, from up to `threads` threads, in no order, and returns when all are done.
// After an error no more are begun; one of the errors is returned.
Status for_each_index(size_t count, size_t threads, const std::function<Status(size_t)>& work);

}  // namespace pretag
