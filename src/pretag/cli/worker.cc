// pretag worker: does the jobs that a server hands out.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/paths.h"
#include "pretag/cli/run_ending.h"
#include "pretag/detect/detector.h"
#include "pretag/io/file_system.h"
#include "pretag/run/compute_device.h"
#include "pretag/run/config.h"
#include "pretag/run/model_locator.h"
#include "pretag/util/printable.h"
#include "pretag/util/version.h"
#include "pretag/worker/file_server.h"
#include "pretag/worker/worker_loop.h"
#include "pretag/worker/worker_settings.h"

namespace pretag {
namespace {

struct WorkerArguments {
  std::vector<std::string> settings;
  bool once = false;
};

int fail(const Error& error) { return fail_with(error, "worker"); }

void say(const std::string& line) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cerr << fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), printable(line))
            << std::flush;
}

Status check_folders(const Mounts& mounts) {
  std::error_code failed;
  // Whoever names no folder has jobs on buckets, or has forgotten it: jobs then say so.
  const bool is_named = mounts.input != Mounts().input;
  if (is_named && !std::filesystem::is_directory(mounts.input, failed)) {
    return Error{ErrorCode::kInvalidArgument,
                 "input_dir=" + mounts.input + ": there is no such folder; it is where the images of jobs are"};
  }
  const Status made = local_file_system().make_directories(mounts.output);
  return made ? Status() : made.error().in("output_dir");
}

// What would end every job is said before one is taken: a setting of theirs, their device, their model.
Result<std::string> check_defaults(const WorkerSettings& settings) {
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(std::nullopt, settings.job_defaults));
  PRETAG_ASSIGN(const Gpus gpus, open_devices(parsed.config.device));
  PRETAG_TRY(resolve_precision(parsed.config.precision, /*has_ranges=*/false, gpus));
  PRETAG_ASSIGN(std::string model, locate_model(parsed.config.model, model_search_folders()));
  PRETAG_TRY(check_model(model));
  return model;
}

// What `sanity_check=True` asks for: whether this installation could do a job. Where nothing else is said it may be
// looked at outside of the container that has the folders.
int check_sanity(const WorkerSettings& settings) {
  const auto model = check_defaults(settings);
  if (!model) return fail(model.error());
  if (settings.mounts.input != Mounts().input) {
    if (const Status there = check_folders(settings.mounts); !there) return fail(there.error());
  }
  std::cout << fmt::format("pretag worker {}\nSanity check: all is well, the model is {}\n", version(), *model);
  return kExitOk;
}

Status work_as(const WorkerSettings& settings, const std::atomic<bool>& stopping) {
  std::unique_ptr<FileServer> file_server;
  if (settings.file_server.enabled) {
    PRETAG_ASSIGN(file_server, FileServer::start(settings.file_server, settings.mounts));
    say(fmt::format("The file server listens on http://{}:{}", settings.file_server.host, file_server->port()));
  }
  const auto http = make_http_client({.ca_file = settings.ca_file, .user_agent = fmt::format("pretag/{}", version())});
  const ApiTransport transport(*http, settings.server, RetryPolicy(), pause_until(stopping), say);
  const ApiClient api(transport);
  return work({.api = api,
               .files = local_file_system(),
               .settings = settings,
               .model_folders = model_search_folders(),
               .log = say,
               .stop = stopping});
}

int run_worker(const WorkerArguments& arguments) {
  auto settings = parse_worker_settings(arguments.settings, process_environment);
  if (!settings) return fail(settings.error());
  if (settings->sanity_check) return check_sanity(*settings);
  if (const auto model = check_defaults(*settings); !model) return fail(model.error());
  if (const Status there = check_folders(settings->mounts); !there) return fail(there.error());

  settings->once = arguments.once;
  const std::atomic<bool>& stopping = catch_interrupts();
  const Status worked = work_as(*settings, stopping);
  if (worked || (stopping && worked.error().code == ErrorCode::kCancelled)) return kExitOk;
  return fail(worked.error());
}

}  // namespace

void add_worker_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<WorkerArguments>();
  CLI::App* command = app.add_subcommand("worker", "Do the jobs that a server hands out");
  command->add_option("settings", arguments->settings, "token=…, worker.worker_id=… and others, see below")
      ->type_name("KEY=VALUE");
  command->add_flag("--once", arguments->once, "Leave after one job");
  command->footer(
      "Examples:\n"
      "  pretag worker token=YOUR_TOKEN worker.worker_id=YOUR_WORKER_ID input_dir=photos output_dir=runs\n"
      "  LIGHTLY_SERVER_LOCATION=https://pretag.example.com LIGHTLY_TOKEN=… pretag worker worker.worker_name=gpu1\n"
      "  pretag worker sanity_check=True\n"
      "Settings, and the variables of the environment that serve as well:\n"
      "  token (LIGHTLY_TOKEN), server (LIGHTLY_SERVER_LOCATION), its certificates (LIGHTLY_CA_CERTS)\n"
      "  worker.worker_id (LIGHTLY_WORKER_ID), worker.worker_name, worker.labels=a,b, worker.force_start=True\n"
      "  input_dir, lightly_dir, output_dir, shared_dir: the folders that jobs read and write\n"
      "  worker.poll_interval, worker.heartbeat_interval, worker.progress_interval: seconds\n"
      "  worker.file_server=True, worker.file_server_host, worker.file_server_port: shows the folders to browsers\n"
      "  sanity_check=True: looks whether all is well, and leaves\n"
      "Settings of a run (pretagging_debug=True, num_threads=4 …) are what jobs get that do not say otherwise;\n"
      "'pretag run --help-config' lists them. Exit codes: 0 stopped, or done; 2 wrong settings; 1 anything else.");
  command->callback([arguments, &action] { action = [arguments] { return run_worker(*arguments); }; });
}

}  // namespace pretag
