// One job, from the lock to the last upload.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/worker_log.h"
#include "pretag/worker/worker_settings.h"

namespace pretag {

struct JobContext {
  const ApiClient& api;
  FileSystem& files;
  const WorkerSettings& settings;
  std::string worker_id;
  std::vector<std::string> model_folders;
  WorkerLog log;
  const std::atomic<bool>& stop;
};

enum class JobEnd {
  kDone,       // completed, failed or cancelled: the server knows which
  kGivenBack,  // the worker was asked to stop
  kLost,       // another worker has it now
};

struct JobOutcome {
  JobEnd end = JobEnd::kDone;
  bool leave_afterwards = false;  // the job asked for it
};

// `scheduled` must be locked by this worker. The run folder is <output mount>/<id of the scheduled run>: a worker that
// takes over the job of one that died goes on from its ledger if the two share their output mount, and begins anew
// otherwise; the run at the server is the same either way. What goes wrong with the job is the job's failure, told to
// the server; an Error means that the server could not be told, or that what went wrong is not the job's: the job is
// to be given back. kDevice: as would be any other.
Result<JobOutcome> do_job(const JobContext& context, const ScheduledRun& scheduled);

}  // namespace pretag
