// Paths that come from a server or a job, below folders that the worker's owner named.
#pragma once

#include <string>

#include "pretag/util/result.h"

namespace pretag {

// <folder>/<relative>. kInvalidArgument, with `what` named, for absolute paths and those with a "..": a job sees what
// is in the mounts and nothing else.
Result<std::string> below_mount(const std::string& folder, const std::string& relative, const std::string& what);

}  // namespace pretag
