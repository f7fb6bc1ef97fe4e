// The report again, from a finished run alone.
#pragma once

#include <optional>
#include <string>

#include "pretag/run/report_pass.h"
#include "pretag/run/run.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// Keeps in the ledger what the report says of the job and the model. `pass.selection` and `pass.load` are not kept: the
// one is a file of the run folder, the other is made from the input folder, which the ledger knows already.
Status store_report_pass(Ledger& ledger, const ReportPass& pass, const RunRequest& request);

// What store_report_pass() kept; nothing in a run, or a shard, that has not come to its end. kCorrupt if it is damaged.
Result<std::optional<ReportPass>> stored_report_pass(const Ledger& ledger);
// For a run, or a shard, that is begun again: it has not come to its end.
Status forget_report_pass(Ledger& ledger);

// Brings what the ledger keeps of a finished run's report, and config/config.yaml, up to a selection that was made
// again with `config`: a run that is repeated with that file makes the same selection.
Status store_selection_settings(const RunOutputs& outputs, Ledger& ledger, const RunConfig& config);

// Writes every file of the report anew, from run.db and, if it is there, data/selection.json. Pictures are drawn from
// the input images; those that are gone by now are left out, and the report says so. kInvalidArgument if the folder
// holds no run or one that is not finished; kCorrupt if what it holds is damaged.
Status regenerate_report(const std::string& run_folder, FileSystem& files);

}  // namespace pretag
