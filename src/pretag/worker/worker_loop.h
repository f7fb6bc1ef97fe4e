// The worker: registers, waits for jobs and does one after the other.
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

struct WorkerContext {
  const ApiClient& api;
  FileSystem& files;
  WorkerSettings settings;
  std::vector<std::string> model_folders;
  WorkerLog log;
  const std::atomic<bool>& stop;  // set by a signal: the job in hand is given back, and work() returns
};

// Blocks until `stop` is set, a job asked for the end, or (settings.once) a job is done. Jobs come by priority, then
// age; a job that this worker had locked when it died comes first. None is taken while the output folder cannot be
// written. A failing job or an absent server does not end it; errors are of the worker itself: an id that is unknown or
// in use, a token that is refused.
Status work(const WorkerContext& context);

// The order in which jobs are taken, without those that need labels the worker does not have.
std::vector<ScheduledRun> in_order(std::vector<ScheduledRun> open, const std::vector<std::string>& labels);

}  // namespace pretag
