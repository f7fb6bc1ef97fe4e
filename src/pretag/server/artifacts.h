// The files that runs leave. For this layer.
#pragma once

#include <string>

#include "pretag/server/call.h"

namespace pretag {

// Where the file of an artifact lies on this machine, for handlers without a database. 404 for runs and artifacts that
// are not there, not this user's, or not uploaded yet.
Reply<std::string> look_up_artifact_file(const Call& call, const std::string& run_id, const std::string& artifact_id);

}  // namespace pretag
