#include "pretag/worker/dataset_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "pretag/data/frame_name.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/formats/selection_file.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/selection_pass.h"
#include "pretag/select/scores.h"
#include "pretag/store/ledger.h"
#include "pretag/util/parallel.h"
#include "pretag/util/strings.h"
#include "pretag/worker/frames.h"

namespace pretag {
namespace {

constexpr char kState[] = "UPLOADING_DATASET";

// The dataset's samples as the server lists them: bit i of every tag is sample i.
struct Samples {
  std::vector<std::string> filenames, ids;
  std::unordered_map<std::string, size_t> index_of;
};

class Uploader {
 public:
  Uploader(const ApiClient& api, FileSystem& files, const DatasetUpload& upload, JobReporter& reporter,
           const std::atomic<bool>& cancel)
      : api_(api), files_(files), upload_(upload), reporter_(reporter), cancel_(cancel) {}

  Status run() {
    PRETAG_ASSIGN(ledger_, Ledger::open_read_only(upload_.run_folder + "/" + kLedgerFile));
    PRETAG_TRY(read_selected());
    PRETAG_TRY(list_samples());
    PRETAG_ASSIGN(const size_t added, add_samples());
    if (added > 0) PRETAG_TRY(list_samples());
    PRETAG_TRY(write_tags());
    if (upload_.has_embeddings) PRETAG_TRY(write_embeddings());
    return upload_.config.pretagging ? write_predictions() : Status();
  }

 private:
  Status read_selected() {
    if (!upload_.has_selection) {
      return ledger_->for_each_result([&](const ImageResult& image) -> Status {
        select(image.info.filename);
        return {};
      });
    }
    constexpr size_t kMostBytes = size_t{1} << 32;
    const std::string path = upload_.run_folder + "/" + kSelectionFile;
    PRETAG_ASSIGN(const auto bytes, files_.read(path, kMostBytes));
    const auto selection = read_selection({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!selection) return selection.error().in(path);
    for (const SelectedSample& sample : selection->selected) select(sample.filename);
    return {};
  }

  // The server refuses names with line breaks, and one odd name must not make the job fail.
  void select(const std::string& filename) {
    constexpr size_t kLongest = 300;
    if (filename.find_first_of("\r\n") == std::string::npos) {
      selected_.insert(filename);
    } else {
      reporter_.log("WARNING", one_line(filename, kLongest) +
                                   ": is not uploaded, for its name has a line break, which the server does not take");
    }
  }

  Status list_samples() {
    const std::string& dataset = upload_.dataset_id;
    PRETAG_ASSIGN(samples_.filenames, api_.mapping(dataset, "fileName"));
    PRETAG_ASSIGN(samples_.ids, api_.mapping(dataset, "_id"));
    // Samples are only ever appended: what another job has added between the two lists is at the end of the longer one.
    const size_t count = std::min(samples_.filenames.size(), samples_.ids.size());
    samples_.filenames.resize(count);
    samples_.ids.resize(count);
    samples_.index_of.clear();
    for (size_t i = 0; i < samples_.filenames.size(); ++i) samples_.index_of.emplace(samples_.filenames[i], i);
    return {};
  }

  // Calls `visit` for batches of the selected images, in order, and tells how far it is.
  Status for_each_batch(const std::string& what, size_t size,
                        const std::function<Status(const std::vector<ImageResult>&)>& visit) {
    std::vector<ImageResult> batch;
    size_t done = 0;
    const auto visit_batch = [&]() -> Status {
      if (cancel_) return Error{ErrorCode::kCancelled, "the upload of the dataset was cancelled"};
      done += batch.size();
      PRETAG_TRY(visit(batch));
      batch.clear();
      reporter_.state(kState, fmt::format("{}: {}/{}", what, done, selected_.size()));
      return {};
    };
    PRETAG_TRY(ledger_->for_each_result([&](const ImageResult& image) -> Status {
      if (selected_.contains(image.info.filename)) batch.push_back(image);
      return batch.size() < size ? Status() : visit_batch();
    }));
    return batch.empty() ? Status() : visit_batch();
  }

  // One after the other, so that samples are in the order of their names, and frames of videos are decoded in theirs.
  Result<size_t> add_samples() {
    size_t added = 0;
    const auto add = [&](const ImageResult& image) -> Status {
      if (cancel_) return Error{ErrorCode::kCancelled, "the upload of the dataset was cancelled"};
      const std::string& filename = image.info.filename;
      if (samples_.index_of.contains(filename)) return {};
      const auto frame = frame_of(filename);
      const auto picture = frame || wants_thumbnails() ? read_picture(filename) : std::nullopt;
      if (frame && picture) {
        PRETAG_TRY(write_frame(files_, upload_.thumbnails.lightly, filename, *picture));
      }
      const std::string thumbnail = picture && wants_thumbnails() ? thumbnail_of(filename, *picture) : "";
      PRETAG_TRY(api_.create_sample(upload_.dataset_id, image.info, thumbnail, frame));
      ++added;
      return {};
    };
    constexpr size_t kTellEvery = 50;
    PRETAG_TRY(for_each_batch("Uploading samples", kTellEvery, [&](const std::vector<ImageResult>& batch) -> Status {
      for (const ImageResult& image : batch) PRETAG_TRY(add(image));
      return {};
    }));
    return added;
  }

  bool wants_thumbnails() const { return !upload_.thumbnails.suffix.empty() && !no_thumbnails_; }

  std::optional<VideoFrameRecord> frame_of(const std::string& filename) const {
    if (!upload_.of_videos) return std::nullopt;
    const auto name = parse_frame_name(filename);
    if (!name) return std::nullopt;
    const auto time = upload_.source->time_of(filename);
    return VideoFrameRecord{name->video, name->index, time ? std::optional(time->seconds) : std::nullopt};
  }

  // A file that is gone since the run has seen it is still a sample.
  std::optional<std::vector<std::byte>> read_picture(const std::string& filename) {
    auto bytes = upload_.source->read(filename);
    if (bytes) return *std::move(bytes);
    reporter_.log("WARNING", "No picture of " + filename + ": " + bytes.error().message);
    return std::nullopt;
  }

  // Its name, or nothing: a folder that cannot be written, as many an input is, must not make the job fail.
  std::string thumbnail_of(const std::string& filename, std::span<const std::byte> picture) {
    const auto name = write_thumbnail(files_, upload_.thumbnails, filename, picture);
    if (name) return *name;
    const ErrorCode code = name.error().code;
    no_thumbnails_ = code == ErrorCode::kIo || code == ErrorCode::kInvalidArgument;
    reporter_.log("WARNING", (no_thumbnails_ ? "There will be no thumbnails: " : "No thumbnail of " + filename + ": ") +
                                 name.error().message);
    return {};
  }

  // Those of the dataset, the newest first. Where there was none there is an initial one now: of this run, or of
  // another job that was faster.
  Result<std::vector<TagRecord>> tags_with_initial() {
    PRETAG_ASSIGN(std::vector<TagRecord> tags, api_.tags(upload_.dataset_id));
    if (!tags.empty()) return tags;
    const Status created = api_.create_initial_tag(upload_.dataset_id, upload_.run.id);
    PRETAG_ASSIGN(tags, api_.tags(upload_.dataset_id));
    if (tags.empty() && !created) return created.error();
    return tags;
  }

  Status write_tags() {
    const std::string& run_id = upload_.run.id;
    if (samples_.filenames.empty()) return {};
    PRETAG_ASSIGN(std::vector<TagRecord> tags, tags_with_initial());
    const auto has = [&](const std::string& name) {
      return std::ranges::find(tags, name, &TagRecord::name) != tags.end();
    };
    const auto began_here = [&](const TagRecord& tag) { return tag.name == "initial-tag" && tag.run_id == run_id; };
    if (std::ranges::any_of(tags, began_here)) return {};
    const auto count = static_cast<int64_t>(samples_.filenames.size());
    const bool small = std::ranges::any_of(tags, [&](const TagRecord& tag) { return tag.total < count; });
    const std::string grown = "after-run-" + run_id, own = "run-" + run_id;
    if (small && !has(grown)) PRETAG_TRY(api_.upsize_tags(upload_.dataset_id, grown, run_id));
    if (has(own)) return {};
    std::vector<bool> bits(samples_.filenames.size());
    for (const auto& [filename, index] : samples_.index_of) bits[index] = selected_.contains(filename);
    PRETAG_ASSIGN(tags, api_.tags(upload_.dataset_id));  // the newest first
    return api_.create_tag(upload_.dataset_id, {.name = own,
                                                .previous_id = tags.front().id,
                                                .bit_mask = bit_mask(bits),
                                                .run_id = run_id,
                                                .total = samples_.filenames.size()});
  }

  Status write_embeddings() {
    const std::string name = embeddings_name(upload_.run);
    const std::string file =
        upload_.run_folder + (upload_.has_selection ? "/data/selected_embeddings.csv" : "/data/embeddings.csv");
    if (!files_.exists(file)) return {};  // not one image could be read
    PRETAG_ASSIGN(const auto embeddings, api_.embeddings(upload_.dataset_id));
    const bool there = std::ranges::any_of(
        embeddings, [&](const EmbeddingRecord& known) { return known.name == name && known.is_processed; });
    if (there) return {};
    reporter_.state(kState, "Uploading embeddings");
    PRETAG_ASSIGN(const int64_t rows, rows_of(file));
    return api_.upload_embeddings(upload_.dataset_id, name, file, rows);
  }

  // Not of every image: names that the format cannot hold are left out, and so are images without an embedding.
  Result<int64_t> rows_of(const std::string& csv) const {
    PRETAG_ASSIGN(const auto file, files_.open(csv));
    int64_t rows = 0;
    const auto count = [&](const EmbeddingsRow&) { return ++rows, Status(); };
    if (const Status read = for_each_embedding(*file, count); !read) return read.error().in(csv);
    return rows;
  }

  // Of the detector's: those that count as found.
  static std::vector<Detection> found(const ImageResult& image, float threshold) {
    std::vector<Detection> found;
    for (const Detection& detection : image.detections) {
      if (detection.score >= threshold) found.push_back(detection);
    }
    return found;
  }

  Status write_predictions() {
    PRETAG_ASSIGN(const SelectionSources facts, selection_sources(*ledger_, files_));
    const ApiClient::TaskUpload task{
        .name = kPretaggingTask, .classes = facts.classes, .time_ms = upload_.run.created_at};
    PRETAG_TRY(api_.create_prediction_task(upload_.dataset_id, task));
    const auto upload = [&](const ImageResult& image) -> Status {
      if (cancel_) return Error{ErrorCode::kCancelled, "the upload of the dataset was cancelled"};
      const auto index = samples_.index_of.find(image.info.filename);
      if (index == samples_.index_of.end()) return {};  // deleted meanwhile
      return api_.upload_predictions(upload_.dataset_id, samples_.ids[index->second], task,
                                     found(image, facts.score_threshold));
    };
    // Each is a request, and waits for the server alone.
    constexpr size_t kBatch = 256, kAtOnce = 16;
    PRETAG_TRY(for_each_batch("Uploading predictions", kBatch, [&](const std::vector<ImageResult>& batch) {
      return for_each_index(batch.size(), kAtOnce, [&](size_t i) { return upload(batch[i]); });
    }));
    return write_scores(task, facts);
  }

  // A score is a list with a value for each sample, in the order of the bits. Samples that this run has not seen keep
  // what an earlier run said of them, or have 0, as images without objects do.
  Status write_scores(const ApiClient::TaskUpload& task, const SelectionSources& facts) {
    reporter_.state("COMPUTING_ACTIVE_LEARNING_SCORES", "Computing scores of the predictions");
    ScoreOptions options{.classes = std::max<size_t>(facts.classes.size(), 1)};
    options.frequency_penalty = upload_.config.scorer_frequency_penalty;
    options.min_score = upload_.config.scorer_min_score;
    const std::vector<std::string> names = detection_score_names();
    std::vector<std::vector<double>> values(names.size());  // of every image of the run, in the ledger's order
    std::vector<std::pair<size_t, size_t>> places;          // index of the image, index of its sample
    size_t images = 0;
    PRETAG_TRY(ledger_->for_each_result([&](const ImageResult& image) -> Status {
      const auto detections = found(image, facts.score_threshold);
      for (size_t i = 0; i < names.size(); ++i) {
        values[i].push_back(score_image(*detection_score_named(names[i]), detections, options));
      }
      const auto index = samples_.index_of.find(image.info.filename);
      if (index != samples_.index_of.end()) places.emplace_back(images, index->second);
      ++images;
      return {};
    }));
    for (size_t i = 0; i < names.size(); ++i) {
      const bool relative = *detection_score_named(names[i]) == DetectionScore::kObjectFrequency;
      if (relative) scale_object_frequencies(values[i], options.min_score);
      std::vector<double> of_samples;
      if (places.size() < samples_.ids.size()) {
        PRETAG_ASSIGN(of_samples, api_.earlier_scores(upload_.dataset_id, task, names[i]));
      }
      of_samples.resize(samples_.ids.size());
      for (const auto& [image, sample] : places) of_samples[sample] = values[i][image];
      PRETAG_TRY(api_.upload_scores(upload_.dataset_id, task, names[i], of_samples));
    }
    return {};
  }

  const ApiClient& api_;
  FileSystem& files_;
  const DatasetUpload& upload_;
  JobReporter& reporter_;
  const std::atomic<bool>& cancel_;
  std::unique_ptr<Ledger> ledger_;
  std::unordered_set<std::string> selected_;
  Samples samples_;
  bool no_thumbnails_ = false;
};

}  // namespace

std::string embeddings_name(const RunRecord& run) { return "default_" + run.id; }

Status upload_dataset(const ApiClient& api, FileSystem& files, const DatasetUpload& upload, JobReporter& reporter,
                      const std::atomic<bool>& cancel) {
  return Uploader(api, files, upload, reporter, cancel).run();
}

}  // namespace pretag
