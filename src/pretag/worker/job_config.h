// From the configuration that a client scheduled to the settings of a run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/util/result.h"

namespace pretag {

// What the worker's owner decides.
struct JobSettings {
  std::vector<std::string> defaults = {};  // "key=value": settings of a run, where the job says nothing
  std::string shared_folder = {};          // a job's own files: models, pretagging_config
  std::string lightly_folder = {};         // the LIGHTLY datasource: .lightly/<relevant_filenames_file>
  std::string dataset_id = {};             // whose job it is
};

struct JobConfig {
  RunConfig config;
  std::string selection;              // JSON as formats/selection_config.h reads it; empty: nothing is selected
  std::vector<std::string> warnings;  // keys without effect, for people
  std::string pool_dataset;           // whose samples count as selected; empty: none's
  bool only_new_files = false;        // since the dataset's last job
  bool upload_report = true;
  bool upload_crops = true;         // crops.enable_upload: of the selected objects, where objects are selected
  bool upload_predictions = false;  // pretagging_upload: to the datasource
  bool leave_afterwards = false;    // shutdown_when_job_finished
};

// `api_config` is {"workerType":…, "docker":{…}, "lightly":{…}, "selection":{…}} of any client generation: V0 has
// dictionaries as users wrote them (snake_case), V2, V3 and V4 camelCase; parts may be missing or null. As in the
// closed product, a job that does not say pretagging gets none. kInvalidArgument or kUnsupported name the key.
Result<JobConfig> read_job_config(std::string_view api_config, const JobSettings& settings);

}  // namespace pretag
