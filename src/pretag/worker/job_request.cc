#include "pretag/worker/job_request.h"

#include <fmt/format.h>

#include <optional>

#include "pretag/formats/dataset.h"
#include "pretag/run/model_locator.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/selection_settings.h"
#include "pretag/util/number.h"
#include "pretag/util/strings.h"
#include "pretag/worker/crops_dataset.h"
#include "pretag/worker/dataset_embeddings.h"
#include "pretag/worker/job_folders.h"
#include "pretag/worker/picture_folders.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/similarity_query.h"

namespace pretag {
namespace {

class Reader {
 public:
  Reader(const JobOrigin& origin, JobRequest& request)
      : api_(origin.api),
        files_(origin.files),
        origin_(origin),
        dataset_(request.dataset),
        job_(request.job),
        run_(request.run),
        request_(request) {}

  Status read() {
    PRETAG_TRY(read_job());
    if (request_.is_of_videos())
      PRETAG_TRY(prepare_picture_folder(files_, request_.thumbnails.lightly, kFramePictures));
    if (request_.selects_objects() && job_.upload_crops) PRETAG_TRY(prepare_crops());
    PRETAG_TRY(files_.make_directories(config_folder()));
    PRETAG_TRY(fetch_relevant_filenames());
    PRETAG_TRY(find_embeddings());
    PRETAG_TRY(tell_datapool());
    PRETAG_TRY(tell_selection());
    if (!run_.needs_model()) return {};
    std::vector<std::string> folders = origin_.model_folders;
    folders.push_back(run_.shared_folder);
    PRETAG_ASSIGN(run_.model_path, locate_model(job_.config.model, folders));
    return {};
  }

 private:
  Status read_job() {
    const ScheduledRun& scheduled = origin_.scheduled;
    const WorkerSettings& settings = origin_.settings;
    PRETAG_ASSIGN(dataset_, api_.dataset(scheduled.dataset_id));
    if (dataset_.type == kCropsType) return no_job_on_crops(api_, dataset_);
    PRETAG_ASSIGN(const auto sources, api_.datasources(scheduled.dataset_id));
    PRETAG_ASSIGN(const JobFolders folders, job_folders(sources, settings.mounts));
    PRETAG_ASSIGN(const std::string config, api_.job_config(scheduled.config_id));
    PRETAG_ASSIGN(job_, read_job_config(config, {.defaults = settings.job_defaults,
                                                 .shared_folder = settings.mounts.shared,
                                                 .lightly_folder = folders.lightly,
                                                 .dataset_id = scheduled.dataset_id}));
    request_.thumbnails = {folders.lightly, folders.thumb_suffix};
    if (!request_.is_of_videos() && thumbnails_are_among_inputs(folders)) {
      origin_.reporter.log(
          "WARNING", fmt::format("thumbnails are not made: the next job would read those of '{}' as images; let the "
                                 "data source's thumbnail_suffix begin with .lightly/",
                                 one_line(folders.thumb_suffix)));
      request_.thumbnails.suffix.clear();
    }
    run_.input = folders.input;
    run_.title = dataset_.name;
    run_.lightly_folder = folders.lightly + "/.lightly";
    run_.pictures = request_.is_of_videos() ? Pictures::kVideoFrames : Pictures::kImages;
    run_.run_folder = run_folder_of(settings, scheduled);
    run_.shared_folder = settings.mounts.shared;
    return {};
  }

  std::string config_folder() const { return run_.run_folder + "/config"; }

  // What would keep the crops from the server is better known before the work than after it.
  Status prepare_crops() {
    PRETAG_ASSIGN(request_.crops_dataset, crops_dataset_name(job_.config.object_level_crop_dataset, dataset_));
    PRETAG_TRY(find_crops_dataset(api_, request_.crops_dataset, dataset_.id));
    return prepare_picture_folder(files_, request_.thumbnails.lightly, kCropPictures);
  }

  // The list of relevant names becomes an artifact, for which it has to be on this machine.
  Status fetch_relevant_filenames() {
    constexpr size_t kMostBytes = size_t{1} << 30;
    std::string& path = job_.config.relevant_filenames_file;
    if (!files_.is_remote(path)) return {};
    PRETAG_ASSIGN(const auto bytes, files_.read(path, kMostBytes));
    const std::string folder = config_folder() + "/relevant_filenames";  // the name may be any
    PRETAG_TRY(files_.make_directories(folder));
    path = folder + path.substr(path.rfind('/'));
    return files_.write_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  // Those that a job names are below the shared folder, or with the data source, and nowhere else. The worker's own
  // default may be anywhere.
  Status find_embeddings() {
    std::string& path = job_.config.embeddings;
    const std::string shared = run_.shared_folder + "/";
    if (path.empty() || files_.exists(path)) return {};
    if (!path.starts_with(shared)) {
      PRETAG_ASSIGN(path, find_own_embeddings(path, run_.lightly_folder, files_));
      return {};
    }
    const std::string in_lightly = run_.lightly_folder + "/embeddings/" + path.substr(shared.size());
    if (!files_.exists(in_lightly)) {
      return Error{ErrorCode::kNotFound, fmt::format("embeddings: there is neither {} nor {}", path, in_lightly)};
    }
    path = in_lightly;
    return {};
  }

  // The samples of a dataset count as selected. When that is the job's own, only what came after its last job is read.
  Status tell_datapool() {
    run_.modified_from = INT64_MIN;
    if (job_.pool_dataset.empty()) return {};
    run_.datapool_file = config_folder() + "/datapool.csv";
    if (!files_.exists(run_.datapool_file)) {  // else an earlier part of this job has met it
      PRETAG_TRY(write_datapool());
    }
    if (!job_.only_new_files) return {};
    PRETAG_ASSIGN(const int64_t until, processed_until());
    if (until > 0) run_.modified_from = until + 1;
    return {};
  }

  // When this job met it first: another one may have moved it on since, and what an earlier part of this job has listed
  // is to be read all the same.
  Result<int64_t> processed_until() {
    const std::string path = config_folder() + "/processed_until.txt";
    if (files_.exists(path)) {
      constexpr size_t kMostBytes = 100;
      PRETAG_ASSIGN(const std::string text, read_text_file(files_, path, kMostBytes));
      if (const auto known = read_number<int64_t>(trim(text))) return *known;
    }
    PRETAG_ASSIGN(const int64_t until, api_.processed_until(dataset_.id));
    PRETAG_TRY(files_.write_atomically(path, fmt::format("{}\n", until)));
    return until;
  }

  Status write_datapool() {
    PRETAG_ASSIGN(const auto pool, pool_dataset());
    if (!pool) {
      origin_.reporter.log("INFO", fmt::format("There is no dataset of crops '{}' yet, so nothing counts as selected",
                                               request_.crops_dataset));
      return files_.write_atomically(run_.datapool_file, "");
    }
    PRETAG_ASSIGN(const size_t columns, length_of_embeddings(job_.config.embeddings, files_));
    PRETAG_ASSIGN(const auto names, api_.mapping(*pool, "fileName"));
    // What a worker that died has uploaded for this very job is not there from before.
    PRETAG_ASSIGN(const size_t samples,
                  write_dataset_embeddings(api_, files_, {*pool, {names.begin(), names.end()}}, columns,
                                           run_.datapool_file, embeddings_name(origin_.run)));
    origin_.reporter.log("INFO", fmt::format("The data pool, dataset {}, has {} samples", *pool, samples));
    if (samples == names.size()) return {};
    origin_.reporter.log(
        "WARNING",
        fmt::format("{} more samples of it have no embeddings, and do not count as selected", names.size() - samples));
    return {};
  }

  // The dataset whose samples count as selected: of images, or of crops; nothing where it is yet to be made.
  Result<std::optional<std::string>> pool_dataset() const {
    const std::string& id = job_.pool_dataset;
    if (id == dataset_.id) return own_pool_dataset();
    PRETAG_ASSIGN(const DatasetRecord other, api_.dataset(id));
    if ((other.type == kCropsType) == request_.selects_objects()) return std::optional(id);
    const std::string name = one_line(other.name);
    return Error{ErrorCode::kInvalidArgument,
                 request_.selects_objects()
                     ? fmt::format("datapool.dataset_id: the dataset '{}' holds no crops, and object_level.task_name "
                                   "selects objects; name the dataset of their crops",
                                   name)
                     : fmt::format("datapool.dataset_id: the dataset '{}' holds crops of objects, and the job selects "
                                   "images; name a dataset of images",
                                   name)};
  }

  Result<std::optional<std::string>> own_pool_dataset() const {
    if (!request_.selects_objects()) return std::optional(dataset_.id);
    if (job_.upload_crops) return find_crops_dataset(api_, request_.crops_dataset, dataset_.id);
    return Error{ErrorCode::kInvalidArgument,
                 "use_datapool with object_level.task_name: the crops at the server are the pool, and "
                 "crops.enable_upload=False keeps them from it; datapool.name names a pool that the worker keeps"};
  }

  Status tell_selection() {
    if (!job_.selection.empty()) {
      PRETAG_ASSIGN(const size_t columns, length_of_embeddings(job_.config.embeddings, files_));
      PRETAG_ASSIGN(const std::string selection, fetch_similarity_queries(api_, files_, job_.selection, columns,
                                                                          config_folder(), run_.shared_folder));
      job_.config.selection = config_folder() + "/selection.json";
      PRETAG_TRY(files_.write_atomically(job_.config.selection, selection));
    }
    run_.config = job_.config;
    PRETAG_ASSIGN(run_.selection, selection_config_of(job_.config, files_));
    if (!run_.has_datapool() || run_.selection) return {};
    return Error{ErrorCode::kInvalidArgument,
                 "a data pool is given, but not how many to select: schedule the job with a selection_config"};
  }

  const ApiClient& api_;
  FileSystem& files_;
  const JobOrigin& origin_;
  DatasetRecord& dataset_;
  JobConfig& job_;
  RunRequest& run_;
  JobRequest& request_;
};

}  // namespace

std::string run_folder_of(const WorkerSettings& settings, const ScheduledRun& scheduled) {
  return settings.mounts.output + "/" + scheduled.id;
}

Status read_job_request(const JobOrigin& origin, JobRequest& request) { return Reader(origin, request).read(); }

}  // namespace pretag
