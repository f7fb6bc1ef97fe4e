// log.txt of a run: everything the progress sink is told, with the time, besides passing it on.
#pragma once

#include <memory>
#include <string>

#include "pretag/run/progress.h"
#include "pretag/util/result.h"

namespace pretag {

// Appends to the file at `path`; each line is written through at once. `next` must outlive it. kIo names the path.
Result<std::unique_ptr<ProgressSink>> log_progress(const std::string& path, ProgressSink& next);

}  // namespace pretag
