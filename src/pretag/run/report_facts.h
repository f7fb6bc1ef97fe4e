// What a report says of the job and the model.
#pragma once

#include <string>

#include "pretag/nn/model_metadata.h"
#include "pretag/report/report_model.h"
#include "pretag/run/run.h"
#include "pretag/run/run_timer.h"

namespace pretag {

class DetectorModel;

// `detector` is null where nothing was detected.
Result<JobFacts> job_facts(const RunRequest& request, const FileSystem& files, const Ledger& ledger,
                           const RunTimer& timer, int threads, const DetectorModel* detector);
ModelFacts model_facts(const std::string& path, const ModelMetadata& metadata, const std::string& sha256,
                       float score_threshold);

// For evaluation, selection and exports: which classes could have been found, and from which score on they count.
Status store_model_facts(Ledger& ledger, const ModelMetadata& metadata, float score_threshold);

}  // namespace pretag
