#include "pretag/worker/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "pretag/bucket/bucket_client.h"
#include "pretag/bucket/bucket_file_system.h"
#include "pretag/bucket/file_system_with_buckets.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/run.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/util/pause.h"
#include "pretag/util/strings.h"
#include "pretag/worker/artifacts.h"
#include "pretag/worker/dataset_upload.h"
#include "pretag/worker/job_reporter.h"
#include "pretag/worker/job_request.h"
#include "pretag/worker/job_watch.h"
#include "pretag/worker/memory_log.h"
#include "pretag/worker/output_folder.h"
#include "pretag/worker/prediction_export.h"
#include "pretag/worker/run_states.h"
#include "pretag/worker/server_signer.h"

namespace pretag {
namespace {

// The run of this job at the server: the one a worker before made, or a new one. An answer that is lost on its way back
// may leave a run behind, so it is looked for before it is made once more.
Result<RunRecord> find_or_create_run(const JobContext& context, const ScheduledRun& scheduled) {
  const Pause pause = pause_until(context.stop);
  constexpr int kTries = 8;
  Error error{ErrorCode::kCancelled, "the worker is to stop"};
  for (int i = 0; i < kTries && pause(i); ++i) {
    PRETAG_ASSIGN(auto known, context.api.run_of(scheduled));
    if (known) return *std::move(known);
    const auto created = context.api.create_run(scheduled);
    if (created) {
      PRETAG_ASSIGN(known, context.api.run_of(scheduled));
    }
    if (known) return *std::move(known);
    if (created) return Error{ErrorCode::kCorrupt, "the server does not know the run that it has just made"};
    if (created.error().code != ErrorCode::kIo) return created.error();
    error = created.error();
  }
  return error;
}

// A worker whose lease ran out while it could not reach the server may still be at it.
bool is_in_use(const JobContext& context, const ScheduledRun& scheduled) {
  const std::string path = run_folder_of(context.settings, scheduled) + "/" + kLedgerFile;
  if (!context.files.exists(path)) return false;
  const auto ledger = Ledger::open(path);
  return !ledger && ledger.error().code == ErrorCode::kUnavailable;
}

class Job {
 public:
  Job(const JobContext& context, const ScheduledRun& scheduled, RunRecord run)
      : context_(context),
        scheduled_(scheduled),
        run_(std::move(run)),
        transport_(context.api.transport().with_pause(pause_until(cancel_))),
        reporter_(context.api, run_.id),
        watch_(context.api, scheduled, context.settings.poll_interval, context.stop, cancel_) {}

  Result<JobOutcome> run() {
    const Status performed = perform();
    const JobWatch::Verdict verdict = watch_.look();
    // What is done all the same is not to be done once more: the server refuses it if another worker was quicker.
    if (verdict == JobWatch::Verdict::kLost && !performed) return lost();
    if (verdict == JobWatch::Verdict::kCancelled) return aborted();
    if (!performed && performed.error().code == ErrorCode::kCancelled && context_.stop) return given_back();
    if (!performed && performed.error().code == ErrorCode::kDevice) {
      return not_of_the_job(performed.error(), "The worker gives the job back and ends");
    }
    if (!performed && !output_is_usable(performed.error())) {
      return not_of_the_job(performed.error(), "The worker gives the job back");
    }
    if (!performed && watch_.has_lost_sight()) return out_of_sight(performed.error());
    if (!performed) return failed(performed.error());
    return completed();
  }

 private:
  Status perform() {
    reporter_.state("INITIALIZING", "Reading the job's configuration");
    PRETAG_TRY(read_job_request(origin_, request_));
    const MemoryLog memory(request_.run.run_folder + "/memlog.txt", kMemoryInterval);
    ReportedProgress progress(reporter_, request_.run.config, request_.run.needs_model(),
                              context_.settings.progress_interval);
    for (const std::string& warning : request_.job.warnings) progress.warning(warning);
    auto summary = execute_run(request_.run, *files_, progress, cancel_);
    if (!summary && summary.error().code == ErrorCode::kConflict) {
      PRETAG_TRY(set_aside(summary.error(), progress));
      summary = execute_run(request_.run, *files_, progress, cancel_);
    }
    const bool nothing_new = !summary && summary.error().code == ErrorCode::kNotFound &&
                             request_.run.modified_from != INT64_MIN && files_->exists(request_.run.input);
    if (nothing_new) {
      return Error{ErrorCode::kNotFound,
                   summary.error().message + "; with datasource.process_all a job reads what was there before, too"};
    }
    PRETAG_ASSIGN(summary_, std::move(summary));
    memory.sample();
    if (summary_.cancelled) return stopped();
    // A lease that ran out while the server was away: what another worker uploads must not be there twice.
    if (watch_.look() != JobWatch::Verdict::kOurs || cancel_) return stopped();
    PRETAG_TRY(upload_results());
    PRETAG_TRY(upload_artifacts());
    // What has not been delivered must not count as selected.
    PRETAG_TRY(update_datapool(request_.run, *files_, progress));
    // Last, since only this may meet a folder that cannot be written.
    if (!request_.job.upload_predictions || !request_.job.config.pretagging) return {};
    reporter_.state("UPLOADED_ARTIFACTS", "Writing the predictions to the datasource");
    return export_predictions(*files_, request_.run.run_folder, request_.run.lightly_folder, cancel_);
  }

  // What an earlier worker has done of this job with another model, say, is of no use to this one. It is kept until
  // that happens again.
  Status set_aside(const Error& reason, ProgressSink& progress) {
    progress.warning(fmt::format("The job begins anew: {}", reason.message));
    const std::string aside = request_.run.run_folder + ".old";
    std::error_code failure;
    std::filesystem::remove_all(aside, failure);
    if (!failure) std::filesystem::rename(request_.run.run_folder, aside, failure);
    if (failure) return Error{ErrorCode::kIo, fmt::format("{}: {}", aside, failure.message())};
    return read_job_request(origin_, request_);
  }

  static Error stopped() { return {ErrorCode::kCancelled, "stopped on request"}; }

  bool skipped_a_folder() const {
    bool any = false;
    const auto ledger = open_run_to_read(request_.run.run_folder);
    if (!ledger) return true;
    const Status read = (*ledger)->for_each_failure([&](const ImageFailure& failure) -> Status {
      any = any || failure.filename.ends_with('/');
      return {};
    });
    return any || !read;
  }

  // Last of all: if it is not told, a later job reads more than it must, and nothing is overlooked.
  void tell_what_was_read() {
    const RunConfig& config = request_.run.config;
    if (!config.enable_datapool_update || !config.datasource_enable_datapool_update) return;
    if (!config.relevant_filenames_file.empty() || skipped_a_folder()) return;  // more is there than was read
    // Files that came while the folder was listed are read again, and so are those of the last moments before, as a
    // file server's clock may differ a little. Of a job that was taken up, its first part counts: what that has read
    // may have changed before this part began.
    constexpr int64_t kMargin = 2;  // seconds
    const int64_t began = std::min(started_, run_.created_at > 0 ? run_.created_at / 1000 : started_);
    const Status told = api_.set_processed_until(scheduled_.dataset_id, began - kMargin);
    if (!told) context_.log("The dataset's processed-until time stays as it was: " + told.error().message);
  }

  Status upload_results() {
    reporter_.state("UPLOADING_DATASET", "Uploading samples");
    PRETAG_ASSIGN(const auto source, open_input(request_.run, *files_));
    const DatasetUpload upload{.dataset_id = scheduled_.dataset_id,
                               .run_folder = request_.run.run_folder,
                               .run = run_,
                               .config = request_.run.config,
                               .thumbnails = request_.thumbnails,
                               .source = source.get(),
                               .of_videos = request_.is_of_videos(),
                               .has_selection = request_.run.selection.has_value(),
                               .has_embeddings = request_.run.has_embeddings(),
                               .crops_dataset = request_.crops_dataset};
    return upload_dataset(api_, *files_, upload, reporter_, cancel_);
  }

  Status upload_artifacts() {
    const auto files =
        artifacts_to_upload(*files_, request_.run.run_folder, request_.run.config, request_.job.upload_report);
    for (const bool report : {true, false}) {
      const std::string of = report ? "REPORT" : "ARTIFACTS", name = report ? "report" : "artifacts";
      reporter_.state("UPLOADING_" + of, "Uploading the " + name);
      for (const ArtifactFile& file : files) {
        if (file.is_report != report) continue;
        if (cancel_) return stopped();
        PRETAG_TRY(api_.upload_artifact(run_.id, file.artifact, file.path));
      }
      reporter_.state("UPLOADED_" + of, "The " + name + (report ? " is" : " are") + " uploaded");
    }
    artifacts_are_uploaded_ = true;
    return {};
  }

  Result<JobOutcome> completed() {
    std::string message = fmt::format("Completed: {} images", summary_.counts.done);
    if (const auto& selected = summary_.selected) {
      message += fmt::format(", {} of them selected", selected->images);
      if (selected->objects) message += fmt::format(" with {} objects", *selected->objects);
    }
    if (summary_.counts.failed > 0) message += fmt::format(", {} could not be read", summary_.counts.failed);
    return end("COMPLETED", message);
  }

  Result<JobOutcome> failed(const Error& error) {
    reporter_.log("ERROR", error.message);
    upload_logs(error);
    return end("FAILED", error.message);
  }

  // What went wrong is read in the log, so it is delivered if it can be; that it cannot is no second failure.
  void upload_logs(const Error& error) {
    if (request_.run.run_folder.empty() || artifacts_are_uploaded_) return;
    if (const std::string log = request_.run.run_folder + "/log.txt"; context_.files.exists(log)) {
      constexpr size_t kMost = 4096;
      std::ofstream(log, std::ios::app) << "error " << one_line(error.message, kMost) << '\n';
    }
    for (const ArtifactFile& file : artifacts_to_upload(*files_, request_.run.run_folder, request_.run.config, false)) {
      const bool is_log = file.artifact.type == "LOG" || file.artifact.type == "MEMLOG";
      if (is_log && !context_.api.upload_artifact(run_.id, file.artifact, file.path)) return;
    }
  }

  Result<JobOutcome> aborted() {
    reporter_.state("ABORTED", "Stopped: the scheduled run was cancelled");
    context_.log("The job was cancelled");
    PRETAG_TRY(reporter_.flush());
    return outcome(JobEnd::kDone);
  }

  Result<JobOutcome> given_back() {
    reporter_.log("WARNING",
                  "The worker is stopping and gives the job back; what is done is kept in its output folder");
    (void)reporter_.flush();
    context_.log("Giving the job back");
    PRETAG_TRY(context_.api.release(scheduled_, context_.worker_id, "OPEN"));
    return outcome(JobEnd::kGivenBack);
  }

  // Any other job would fare as this one.
  Error not_of_the_job(const Error& error, const std::string& what_then) {
    reporter_.log("ERROR", error.message);
    reporter_.log("WARNING", what_then + "; what is done is kept in its output folder");
    (void)reporter_.flush();
    return error;
  }

  bool output_is_usable(const Error& error) const {
    const bool may_be_of_the_disk = error.code == ErrorCode::kIo || error.code == ErrorCode::kUnavailable;
    return !may_be_of_the_disk || check_output_folder(context_.files, context_.settings.mounts.output);
  }

  // It may be why the job failed that the server was away, and another worker may be at the job by now: its run must
  // not end with our failure, so the server hears nothing more of it. Who gets the job fails again if it is the job's.
  Error out_of_sight(const Error& error) const {
    return {error.code, "the server was away meanwhile, so this does not count as the job's failure: " + error.message};
  }

  Result<JobOutcome> lost() {
    context_.log("The job was deleted or has become another worker's; nothing more is sent of it");
    return outcome(JobEnd::kLost);
  }

  // The state first: whoever finds the job locked and its run ended has nothing left to do.
  Result<JobOutcome> end(const std::string& state, const std::string& message) {
    context_.log(fmt::format("{}: {}", state, message));
    reporter_.state(state, message);
    PRETAG_TRY(reporter_.flush());
    if (state == "COMPLETED") tell_what_was_read();
    const Status released = context_.api.release(scheduled_, context_.worker_id, "DONE");
    // Cancelled in the last moment: there is nothing left to stop.
    if (!released && watch_.look() != JobWatch::Verdict::kCancelled) return released.error();
    return outcome(JobEnd::kDone);
  }

  JobOutcome outcome(JobEnd end) const { return {end, request_.job.leave_afterwards}; }

  // Of the datasources with this scheme.
  Result<std::unique_ptr<FileSystem>> connect_buckets(const std::string& scheme) {
    PRETAG_ASSIGN(const auto sources, api_.datasources(scheduled_.dataset_id));
    return bucket_file_system(std::make_unique<BucketClient>(
        transport_.http(), dialect_of(scheme), make_server_signer(transport_, scheduled_.dataset_id, sources, scheme),
        pause_until(cancel_), BucketClient::kRetries, steady_clock(), context_.log,
        /*first_contact=*/BucketClient::kRetries));  // other jobs may have used the address, nobody has just typed it
  }

  static constexpr double kMemoryInterval = 5;  // seconds

  const JobContext& context_;
  const ScheduledRun& scheduled_;
  RunRecord run_;
  const int64_t started_ = std::time(nullptr);
  std::atomic<bool> cancel_ = false;
  ApiTransport transport_;
  ApiClient api_{transport_};  // of the work, which waits for the server until it is cancelled; its end is always told
  const std::unique_ptr<FileSystem> files_ =
      file_system_with_buckets(context_.files, [this](const std::string& scheme) { return connect_buckets(scheme); });
  JobReporter reporter_;
  JobWatch watch_;
  const JobOrigin origin_{api_, *files_, context_.settings, context_.model_folders, scheduled_, run_, reporter_};
  JobRequest request_;
  bool artifacts_are_uploaded_ = false;
  RunSummary summary_;
};

}  // namespace

Result<JobOutcome> do_job(const JobContext& context, const ScheduledRun& scheduled) {
  PRETAG_ASSIGN(RunRecord run, find_or_create_run(context, scheduled));
  context.log(fmt::format("Job {}: run {} of dataset {}", scheduled.id, run.id, scheduled.dataset_id));
  // A run that crashed is one whose worker died: it goes on. The other ends are for good.
  if (is_final_state(run.state) && run.state != "CRASHED") {
    PRETAG_TRY(context.api.release(scheduled, context.worker_id, "DONE"));
    return JobOutcome{};
  }
  if (is_in_use(context, scheduled)) {
    context.log("Another process of this output folder is still at the job; giving it back");
    PRETAG_TRY(context.api.release(scheduled, context.worker_id, "OPEN"));
    return JobOutcome{.end = JobEnd::kGivenBack};
  }
  return Job(context, scheduled, std::move(run)).run();
}

}  // namespace pretag
