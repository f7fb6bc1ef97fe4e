#include "pretag/worker/worker_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "pretag/util/pause.h"
#include "pretag/worker/heartbeat.h"
#include "pretag/worker/job.h"
#include "pretag/worker/output_folder.h"

namespace pretag {
namespace {

int rank(const std::string& priority) {
  static const std::vector<std::string> kHighestFirst = {"CRITICAL", "HIGH", "MID", "LOW"};
  return static_cast<int>(std::ranges::find(kHighestFirst, priority) - kHighestFirst.begin());
}

bool is_online(const WorkerRecord& worker) { return worker.state == "IDLE" || worker.state == "BUSY"; }

// The worker that we are: the one of the given id, else the one that the server makes or knows of our name.
Result<WorkerRecord> identify(const WorkerContext& context) {
  const ApiClient& api = context.api;
  const WorkerSettings& settings = context.settings;
  std::string id = settings.worker_id;
  if (id.empty()) {
    PRETAG_ASSIGN(id, api.register_worker(settings.worker_name, settings.labels));
  } else if (!settings.labels.empty()) {
    context.log(
        "worker.labels has no effect with worker.worker_id: the worker has the labels that it was registered with; "
        "leave the id out, and it registers as worker.worker_name with these");
  }
  auto worker = api.worker(id);
  if (!worker) {
    Error error = worker.error().in("worker.worker_id=" + id);
    if (error.code == ErrorCode::kNotFound) error.message += "; without the id a worker registers by its name";
    return error;
  }
  if (!is_online(*worker) || settings.force_start) return worker;
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("worker '{}' ({}) is reported online; stop it, wait until the server misses it, or take over "
                  "with worker.force_start=True; another worker needs another worker.worker_name",
                  worker->name, id)};
}

// A worker that died has left its job locked, and our sign of life would keep it so.
Status give_back_former_jobs(const WorkerContext& context, const WorkerRecord& worker) {
  PRETAG_ASSIGN(const auto locked, context.api.scheduled_for(worker.id, "LOCKED"));
  // The server still takes the one that died for busy, and would count this as a job given back in order.
  if (!locked.empty()) (void)context.api.set_worker_state(worker.id, "IDLE");
  for (const ScheduledRun& scheduled : locked) {
    // The list holds those of other workers with our labels, too; the server lets nobody else open them.
    if (context.api.release(scheduled, worker.id, "OPEN")) {
      context.log(fmt::format("Job {}: left by this worker earlier, open again", scheduled.id));
    }
  }
  return {};
}

class Loop {
 public:
  Loop(const WorkerContext& context, const WorkerRecord& worker)
      : context_(context),
        worker_(worker),
        heartbeat_(context.api, worker.id, context.settings.heartbeat_interval, context.log),
        pause_(pause_until(context.stop)) {}

  Status run() {
    bool leave = false;
    while (!leave && !context_.stop) {
      const auto job = next_job();
      if (job && *job && do_one(**job, leave)) continue;
      if (!device_) return device_;
      if (!job) PRETAG_TRY(take_note(job.error()));
      pause_(context_.settings.poll_interval);
    }
    return {};
  }

 private:
  Result<std::optional<ScheduledRun>> next_job() {
    PRETAG_ASSIGN(auto open, context_.api.scheduled_for(worker_.id, "OPEN"));
    auto ours = in_order(open, worker_.labels);
    if (ours.size() < open.size()) {  // the server lists them for us, so our labels may be others by now
      PRETAG_ASSIGN(const WorkerRecord worker, context_.api.worker(worker_.id));
      ours = in_order(std::move(open), worker.labels);
    }
    if (!ours.empty() && !output_is_usable()) return std::optional<ScheduledRun>();
    for (ScheduledRun& scheduled : ours) {
      PRETAG_ASSIGN(const bool locked, context_.api.lock(scheduled, worker_.id));
      if (locked) return std::optional(std::move(scheduled));
    }
    return std::optional<ScheduledRun>();
  }

  // With a full disk each job would end in seconds, one after the other: they are left to other workers meanwhile.
  bool output_is_usable() {
    const Status usable = check_output_folder(context_.files, context_.settings.mounts.output);
    if (!usable && output_usable_) context_.log(usable.error().message + "; no job is taken until it can be written");
    if (usable && !output_usable_) context_.log("The output folder can be written again");
    output_usable_ = usable.ok();
    return output_usable_;
  }

  // False when it is not done and somebody may do it later; sets `leave` when the worker is to leave.
  bool do_one(const ScheduledRun& scheduled, bool& leave) {
    heartbeat_.set_state("BUSY");
    const JobContext context{.api = context_.api,
                             .files = context_.files,
                             .settings = context_.settings,
                             .worker_id = worker_.id,
                             .model_folders = context_.model_folders,
                             .log = context_.log,
                             .stop = context_.stop};
    const auto outcome = do_job(context, scheduled);
    if (!outcome) give_back(scheduled, outcome.error());
    if (!outcome && outcome.error().code == ErrorCode::kDevice) device_ = outcome.error();
    heartbeat_.set_state("IDLE");
    const bool finished = outcome && outcome->end == JobEnd::kDone;
    leave = finished && (context_.settings.once || outcome->leave_afterwards);
    return finished;
  }

  // What went wrong may pass, or be this machine's alone. Where the server cannot be told, the lock expires.
  void give_back(const ScheduledRun& scheduled, const Error& reason) {
    context_.log(fmt::format("Job {}: {}", scheduled.id, reason.message));
    const Status released = context_.api.release(scheduled, worker_.id, "OPEN");
    if (released) context_.log(fmt::format("Job {}: given back", scheduled.id));
  }

  // An absent server is waited for; one that does not want us is not.
  Status take_note(const Error& error) {
    if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kNotFound) return error;
    if (error.code != ErrorCode::kCancelled) context_.log(error.message);
    return {};
  }

  const WorkerContext& context_;
  WorkerRecord worker_;
  Heartbeat heartbeat_;
  Pause pause_;
  Status device_;              // its error, which ends the worker
  bool output_usable_ = true;  // as the log was told last
};

}  // namespace

std::vector<ScheduledRun> in_order(std::vector<ScheduledRun> open, const std::vector<std::string>& labels) {
  std::erase_if(open, [&](const ScheduledRun& run) {
    return !std::ranges::all_of(
        run.runs_on, [&](const std::string& label) { return std::ranges::find(labels, label) != labels.end(); });
  });
  const auto key = [](const ScheduledRun& run) { return std::tuple(rank(run.priority), run.created_at, run.id); };
  std::ranges::sort(open, [&](const ScheduledRun& a, const ScheduledRun& b) { return key(a) < key(b); });
  return open;
}

Status work(const WorkerContext& context) {
  PRETAG_ASSIGN(const WorkerRecord worker, identify(context));
  PRETAG_TRY(give_back_former_jobs(context, worker));
  context.log(fmt::format("Worker {} ('{}') waits for jobs", worker.id, worker.name));
  return Loop(context, worker).run();
}

}  // namespace pretag
