// The second half of a run: from a ledger that knows every image to every file of the run folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/run/report_facts.h"
#include "pretag/run/report_pass.h"
#include "pretag/run/run.h"
#include "pretag/run/run_timer.h"
#include "pretag/run/selection_table.h"
#include "pretag/source/source.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// Nothing here is owned.
struct ResultsPass {
  const RunRequest& request;  // its input, folders, configuration and selection; not its model or shard
  const RunOutputs& outputs;
  Ledger& ledger;  // complete, with the facts of the model; gets what is needed to write the report again
  const Source* input = nullptr;  // to look at a few pictures once more; null: it is gone
  ModelFacts model;               // of nothing, if none was needed
  Workplace workplace;
  int threads = 1;  // for selecting
  RunTimer& timer;
};

// How many were selected, if any were to be.
Result<std::optional<SelectedCounts>> write_results(const ResultsPass& pass, ProgressSink& progress,
                                                    const std::atomic<bool>& cancel);

// Says what cannot be selected by, or written, before the images are looked at and not after.
Status check_results(const RunRequest& request, const SelectionSources& sources);

// The report's facts as far as they do not depend on the selection: what regenerate_report() starts from.
Result<ReportPass> report_pass(const ResultsPass& pass);

}  // namespace pretag
