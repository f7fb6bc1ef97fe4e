#include "pretag/worker/job.h"

#include <fmt/format.h>

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
#include "pretag/run/model_locator.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/run.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/selection_settings.h"
#include "pretag/util/pause.h"
#include "pretag/util/strings.h"
#include "pretag/worker/artifacts.h"
#include "pretag/worker/crops_dataset.h"
#include "pretag/worker/dataset_embeddings.h"
#include "pretag/worker/dataset_upload.h"
#include "pretag/worker/job_config.h"
#include "pretag/worker/job_folders.h"
#include "pretag/worker/job_reporter.h"
#include "pretag/worker/job_watch.h"
#include "pretag/worker/memory_log.h"
#include "pretag/worker/output_folder.h"
#include "pretag/worker/picture_folders.h"
#include "pretag/worker/prediction_export.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/run_states.h"
#include "pretag/worker/server_signer.h"
#include "pretag/worker/similarity_query.h"

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

std::string run_folder(const JobContext& context, const ScheduledRun& scheduled) {
  return context.settings.mounts.output + "/" + scheduled.id;
}

// A worker whose lease ran out while it could not reach the server may still be at it.
bool is_in_use(const JobContext& context, const ScheduledRun& scheduled) {
  const std::string path = run_folder(context, scheduled) + "/" + kLedgerFile;
  if (!context.files.exists(path)) return false;
  const auto ledger = Ledger::open(path);
  return !ledger && ledger.error().code == ErrorCode::kIo &&
         ledger.error().message.find("locked by another process") != std::string::npos;
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
    PRETAG_TRY(make_request());
    const MemoryLog memory(request_.run_folder + "/memlog.txt", kMemoryInterval);
    ReportedProgress progress(reporter_, request_.config, request_.needs_model(), context_.settings.progress_interval);
    for (const std::string& warning : job_.warnings) progress.warning(warning);
    auto summary = execute_run(request_, *files_, progress, cancel_);
    if (!summary && summary.error().code == ErrorCode::kConflict) {
      PRETAG_TRY(set_aside(summary.error(), progress));
      summary = execute_run(request_, *files_, progress, cancel_);
    }
    const bool nothing_new = !summary && summary.error().code == ErrorCode::kNotFound &&
                             request_.modified_from != INT64_MIN && files_->exists(request_.input);
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
    PRETAG_TRY(update_datapool(request_, *files_, progress));
    // Last, since only this may meet a folder that cannot be written.
    if (!job_.upload_predictions || !job_.config.pretagging) return {};
    reporter_.state("UPLOADED_ARTIFACTS", "Writing the predictions to the datasource");
    return export_predictions(*files_, request_.run_folder, request_.lightly_folder, cancel_);
  }

  // What an earlier worker has done of this job with another model, say, is of no use to this one. It is kept until
  // that happens again.
  Status set_aside(const Error& reason, ProgressSink& progress) {
    progress.warning(fmt::format("The job begins anew: {}", reason.message));
    const std::string aside = request_.run_folder + ".old";
    std::error_code failure;
    std::filesystem::remove_all(aside, failure);
    if (!failure) std::filesystem::rename(request_.run_folder, aside, failure);
    if (failure) return Error{ErrorCode::kIo, fmt::format("{}: {}", aside, failure.message())};
    return make_request();
  }

  static Error stopped() { return {ErrorCode::kCancelled, "stopped on request"}; }

  Status make_request() {
    const WorkerSettings& settings = context_.settings;
    PRETAG_ASSIGN(dataset_, api_.dataset(scheduled_.dataset_id));
    if (dataset_.type == kCropsType) return no_job_on_crops(api_, dataset_);
    PRETAG_ASSIGN(const auto sources, api_.datasources(scheduled_.dataset_id));
    PRETAG_ASSIGN(const JobFolders folders, job_folders(sources, settings.mounts));
    PRETAG_ASSIGN(const std::string config, api_.job_config(scheduled_.config_id));
    PRETAG_ASSIGN(job_, read_job_config(config, {.defaults = settings.job_defaults,
                                                 .shared_folder = settings.mounts.shared,
                                                 .lightly_folder = folders.lightly,
                                                 .dataset_id = scheduled_.dataset_id}));
    request_.input = folders.input;
    request_.title = dataset_.name;
    request_.lightly_folder = folders.lightly + "/.lightly";
    thumbnails_ = {folders.lightly, folders.thumb_suffix};
    request_.pictures = is_of_videos() ? Pictures::kVideoFrames : Pictures::kImages;
    if (is_of_videos()) PRETAG_TRY(prepare_picture_folder(*files_, thumbnails_.lightly, kFramePictures));
    if (selects_objects() && job_.upload_crops) PRETAG_TRY(prepare_crops());
    request_.run_folder = run_folder(context_, scheduled_);
    request_.shared_folder = settings.mounts.shared;
    PRETAG_TRY(files_->make_directories(request_.run_folder + "/config"));
    PRETAG_TRY(fetch_relevant_filenames());
    PRETAG_TRY(find_embeddings());
    PRETAG_TRY(tell_datapool());
    if (!job_.selection.empty()) {
      job_.config.selection = request_.run_folder + "/config/selection.json";
      PRETAG_ASSIGN(const size_t columns, length_of_embeddings(job_.config.embeddings, *files_));
      PRETAG_ASSIGN(const std::string selection,
                    fetch_similarity_queries(api_, *files_, job_.selection, columns, request_.run_folder + "/config",
                                             settings.mounts.shared));
      PRETAG_TRY(files_->write_atomically(job_.config.selection, selection));
    }
    request_.config = job_.config;
    PRETAG_ASSIGN(request_.selection, selection_config_of(job_.config, *files_));
    if (request_.has_datapool() && !request_.selection) {
      return Error{ErrorCode::kInvalidArgument,
                   "a data pool is given, but not how many to select: schedule the job with a selection_config"};
    }
    if (!request_.needs_model()) return {};
    PRETAG_ASSIGN(request_.model_path, locate_model(job_.config.model, context_.model_folders));
    return {};
  }

  // The samples of a dataset count as selected. When that is the job's own, only what came after its last job is read.
  Status tell_datapool() {
    request_.modified_from = INT64_MIN;
    if (job_.pool_dataset.empty()) return {};
    request_.datapool_file = request_.run_folder + "/config/datapool.csv";
    PRETAG_ASSIGN(const size_t columns, length_of_embeddings(job_.config.embeddings, *files_));
    if (!files_->exists(request_.datapool_file)) {  // else an earlier part of this job has met it
      PRETAG_TRY(write_datapool(columns));
    }
    if (!job_.only_new_files) return {};
    PRETAG_ASSIGN(const int64_t until, api_.processed_until(scheduled_.dataset_id));
    if (until > 0) request_.modified_from = until + 1;
    return {};
  }

  Status write_datapool(size_t columns) {
    PRETAG_ASSIGN(const auto pool, pool_dataset());
    if (!pool) {
      reporter_.log(
          "INFO", fmt::format("There is no dataset of crops '{}' yet, so nothing counts as selected", crops_dataset_));
      return files_->write_atomically(request_.datapool_file, "");
    }
    PRETAG_ASSIGN(const auto names, api_.mapping(*pool, "fileName"));
    // What a worker that died has uploaded for this very job is not there from before.
    PRETAG_ASSIGN(const size_t samples,
                  write_dataset_embeddings(api_, *files_, {*pool, {names.begin(), names.end()}}, columns,
                                           request_.datapool_file, embeddings_name(run_)));
    reporter_.log("INFO", fmt::format("The data pool, dataset {}, has {} samples", *pool, samples));
    if (samples == names.size()) return {};
    reporter_.log("WARNING", fmt::format("{} more samples of it have no embeddings, and do not count as selected",
                                         names.size() - samples));
    return {};
  }

  bool skipped_a_folder() const {
    bool any = false;
    const auto ledger = open_run_to_read(request_.run_folder);
    if (!ledger) return true;
    const Status read = (*ledger)->for_each_failure([&](const ImageFailure& failure) -> Status {
      any = any || failure.filename.ends_with('/');
      return {};
    });
    return any || !read;
  }

  // Last of all: if it is not told, a later job reads more than it must, and nothing is overlooked.
  void tell_what_was_read() {
    const RunConfig& config = request_.config;
    if (!config.enable_datapool_update || !config.datasource_enable_datapool_update) return;
    if (!config.relevant_filenames_file.empty() || skipped_a_folder()) return;  // more is there than was read
    // Files that came while the folder was listed are read again, and so are those of the last moments before, as a
    // file server's clock may differ a little.
    constexpr int64_t kMargin = 2;  // seconds
    const Status told = api_.set_processed_until(scheduled_.dataset_id, started_ - kMargin);
    if (!told) context_.log("The dataset's processed-until time stays as it was: " + told.error().message);
  }

  // Those that a job names are below the shared folder, or with the data source, and nowhere else. The worker's own
  // default may be anywhere.
  Status find_embeddings() {
    std::string& path = job_.config.embeddings;
    const std::string shared = context_.settings.mounts.shared + "/";
    if (path.empty() || files_->exists(path)) return {};
    if (!path.starts_with(shared)) {
      PRETAG_ASSIGN(path, find_own_embeddings(path, request_.lightly_folder, *files_));
      return {};
    }
    const std::string in_lightly = request_.lightly_folder + "/embeddings/" + path.substr(shared.size());
    if (!files_->exists(in_lightly)) {
      return Error{ErrorCode::kNotFound, fmt::format("embeddings: there is neither {} nor {}", path, in_lightly)};
    }
    path = in_lightly;
    return {};
  }

  // The list of relevant names becomes an artifact, for which it has to be on this machine.
  Status fetch_relevant_filenames() {
    constexpr size_t kMostBytes = size_t{1} << 30;
    std::string& path = job_.config.relevant_filenames_file;
    if (!files_->is_remote(path)) return {};
    PRETAG_ASSIGN(const auto bytes, files_->read(path, kMostBytes));
    const std::string folder = request_.run_folder + "/config/relevant_filenames";  // the name may be any
    PRETAG_TRY(files_->make_directories(folder));
    path = folder + path.substr(path.rfind('/'));
    return files_->write_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  bool is_of_videos() const { return dataset_.type == "Videos"; }
  bool selects_objects() const { return !job_.config.object_level_task.empty(); }

  // What would keep the crops from the server is better known before the work than after it.
  Status prepare_crops() {
    PRETAG_ASSIGN(crops_dataset_, crops_dataset_name(job_.config.object_level_crop_dataset, dataset_));
    PRETAG_TRY(find_crops_dataset(api_, crops_dataset_, dataset_.id));
    return prepare_picture_folder(*files_, thumbnails_.lightly, kCropPictures);
  }

  // The dataset whose samples count as selected: of images, or of crops; nothing where it is yet to be made.
  Result<std::optional<std::string>> pool_dataset() const {
    const std::string& id = job_.pool_dataset;
    if (id == dataset_.id) return own_pool_dataset();
    PRETAG_ASSIGN(const DatasetRecord other, api_.dataset(id));
    if ((other.type == kCropsType) == selects_objects()) return std::optional(id);
    const std::string name = one_line(other.name);
    return Error{ErrorCode::kInvalidArgument,
                 selects_objects()
                     ? fmt::format("datapool.dataset_id: the dataset '{}' holds no crops, and object_level.task_name "
                                   "selects objects; name the dataset of their crops",
                                   name)
                     : fmt::format("datapool.dataset_id: the dataset '{}' holds crops of objects, and the job selects "
                                   "images; name a dataset of images",
                                   name)};
  }

  Result<std::optional<std::string>> own_pool_dataset() const {
    if (!selects_objects()) return std::optional(dataset_.id);
    if (job_.upload_crops) return find_crops_dataset(api_, crops_dataset_, dataset_.id);
    return Error{ErrorCode::kInvalidArgument,
                 "use_datapool with object_level.task_name: the crops at the server are the pool, and "
                 "crops.enable_upload=False keeps them from it; datapool.name names a pool that the worker keeps"};
  }

  Status upload_results() {
    reporter_.state("UPLOADING_DATASET", "Uploading samples");
    PRETAG_ASSIGN(const auto source, open_input(request_, *files_));
    const DatasetUpload upload{.dataset_id = scheduled_.dataset_id,
                               .run_folder = request_.run_folder,
                               .run = run_,
                               .config = request_.config,
                               .thumbnails = thumbnails_,
                               .source = source.get(),
                               .of_videos = is_of_videos(),
                               .has_selection = request_.selection.has_value(),
                               .has_embeddings = request_.has_embeddings(),
                               .crops_dataset = crops_dataset_};
    return upload_dataset(api_, *files_, upload, reporter_, cancel_);
  }

  Status upload_artifacts() {
    const auto files = artifacts_to_upload(*files_, request_.run_folder, request_.config, job_.upload_report);
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
    if (request_.run_folder.empty() || artifacts_are_uploaded_) return;
    if (const std::string log = request_.run_folder + "/log.txt"; context_.files.exists(log)) {
      constexpr size_t kMost = 4096;
      std::ofstream(log, std::ios::app) << "error " << one_line(error.message, kMost) << '\n';
    }
    for (const ArtifactFile& file : artifacts_to_upload(*files_, request_.run_folder, request_.config, false)) {
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

  JobOutcome outcome(JobEnd end) const { return {end, job_.leave_afterwards}; }

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
  DatasetRecord dataset_;
  JobConfig job_;
  RunRequest request_;
  ThumbnailPlaces thumbnails_;
  std::string crops_dataset_;  // the name; empty where no crops are uploaded
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
