// How commands end, and how pretag run, pretag merge and pretag worker are ended.
#pragma once

#include <atomic>
#include <string>

#include "pretag/cli/progress_bar.h"
#include "pretag/run/progress.h"
#include "pretag/run/run.h"
#include "pretag/util/result.h"

namespace pretag {

// From now on the first Ctrl-C (or SIGTERM) makes this true; the second one ends the program at once, with 128 and the
// signal's number as its exit code.
const std::atomic<bool>& catch_interrupts();

// Prints the error of "pretag <verb>", as a line of JSON if that is the style. The exit code.
int fail_with(const Error& error, const std::string& verb, ProgressStyle style = ProgressStyle::kAuto);

// Says where the results are. The exit code.
int tell_end(const RunSummary& summary, const std::string& run_folder, ProgressSink& progress);

}  // namespace pretag
