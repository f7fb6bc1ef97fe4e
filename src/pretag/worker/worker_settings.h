// How a worker is set up: key=value arguments and the environment, handed in by the command line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/util/environment.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_transport.h"
#include "pretag/worker/job_folders.h"

namespace pretag {

struct FileServerSettings {
  bool enabled = false;
  std::string host = "127.0.0.1";  // who may connect; 0.0.0.0 for everybody, as in a container
  int port = 3456;                 // 0: any that is free
};

struct WorkerSettings {
  ApiServer server;
  std::string ca_file = {};    // PEM certificates instead of the system's
  std::string worker_id = {};  // empty: registers itself under worker_name
  std::string worker_name = "Default";
  std::vector<std::string> labels = {};
  bool force_start = false;  // although the id is reported online
  bool sanity_check = false;
  bool once = false;  // leave after one job
  Mounts mounts;
  FileServerSettings file_server;
  std::vector<std::string> job_defaults = {};                                // "key=value", settings of a run
  double poll_interval = 5, heartbeat_interval = 10, progress_interval = 2;  // seconds
};

// Arguments come before the environment: token (LIGHTLY_TOKEN), worker.worker_id (LIGHTLY_WORKER_ID), server
// (LIGHTLY_SERVER_LOCATION). Every other key is the worker's (docs/worker.md) or a setting of a run, which becomes the
// default of its jobs. kInvalidArgument names the key, unknown ones with the nearest known. Messages never show the
// token.
Result<WorkerSettings> parse_worker_settings(std::span<const std::string> arguments, const EnvironmentLookup& get);

}  // namespace pretag
