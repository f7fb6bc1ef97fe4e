// What a report says of the job and the model.
#pragma once

#include <string>

#include "pretag/nn/model_metadata.h"
#include "pretag/report/report_model.h"
#include "pretag/run/run.h"
#include "pretag/run/run_timer.h"

namespace pretag {

// Where the images were looked at.
struct Workplace {
  std::string machine;    // one line: processor, cores, memory
  std::string precision;  // that the network computed in; empty: nothing was detected
  int threads = 0;
  int64_t started_unix = 0;
};
// One line for people about this machine.
std::string this_machine();

Result<JobFacts> job_facts(const RunRequest& request, const FileSystem& files, const Ledger& ledger,
                           const RunTimer& timer, const Workplace& workplace);
ModelFacts model_facts(const std::string& path, const ModelMetadata& metadata, const std::string& sha256,
                       float score_threshold);

// For evaluation, selection and exports: which classes could have been found, and from which score on they count.
Status store_model_facts(Ledger& ledger, const ModelMetadata& metadata, float score_threshold);

}  // namespace pretag
