// What a job asks for, as the server and the worker's own settings have it.
#pragma once

#include <string>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/run/run.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/job_config.h"
#include "pretag/worker/job_reporter.h"
#include "pretag/worker/thumbnails.h"
#include "pretag/worker/worker_settings.h"

namespace pretag {

struct JobRequest {
  DatasetRecord dataset;
  JobConfig job;
  RunRequest run;  // what is to be executed
  ThumbnailPlaces thumbnails;
  std::string crops_dataset;  // the name; empty where no crops are uploaded

  bool is_of_videos() const { return dataset.type == "Videos"; }
  bool selects_objects() const { return !job.config.object_level_task.empty(); }
};

// Where a request comes from. All must outlive the call that it is given to.
struct JobOrigin {
  const ApiClient& api;
  FileSystem& files;  // with the buckets of the dataset
  const WorkerSettings& settings;
  const std::vector<std::string>& model_folders;
  const ScheduledRun& scheduled;
  const RunRecord& run;
  JobReporter& reporter;  // is told of the data pool
};

// The run folder of a job: <output mount>/<id of the scheduled run>.
std::string run_folder_of(const WorkerSettings& settings, const ScheduledRun& scheduled);

// Reads the job anew, and puts what the run needs besides the images into its folder: the selection, the data pool,
// the list of relevant names. What would keep the results from the server is found here, before the work. After an
// Error `request` has what was read until then: the log is delivered, and the worker leaves if the job asked for it.
Status read_job_request(const JobOrigin& origin, JobRequest& request);

}  // namespace pretag
