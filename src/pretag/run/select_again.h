// Another selection of a finished run, from what its ledger knows of the images.
#pragma once

#include <atomic>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/util/result.h"

namespace pretag {

// Replaces all that the earlier selection left in the run folder but the report, for which there is
// regenerate_report(). kInvalidArgument for a run that is not finished, and for what cannot be selected by;
// kUnavailable while somebody works in the folder; kCancelled.
Result<Selection> select_again(const RunOutputs& outputs, const SelectionConfig& selection_config, RunConfig config,
                               ProgressSink& progress, const std::atomic<bool>& cancel);

}  // namespace pretag
