#include "pretag/worker/prediction_upload.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "pretag/run/selection_pass.h"
#include "pretag/run/task_detections.h"
#include "pretag/select/scores.h"
#include "pretag/util/parallel.h"

namespace pretag {
namespace {

struct Task {
  ApiClient::TaskUpload upload;
  std::shared_ptr<const TaskDetections> detections;
};

Result<Task> open_task(const PredictionUpload& upload, const std::string& name, const SelectionSources& sources) {
  PRETAG_ASSIGN(auto detections, TaskDetections::open(name, sources));
  ApiClient::TaskUpload task{
      .name = name, .classes = detections->classes(), .time_ms = upload.dataset.run().created_at};
  return Task{std::move(task), std::move(detections)};
}

Result<std::vector<Task>> open_tasks(const PredictionUpload& upload, const SelectionSources& sources) {
  std::vector<std::string> names;
  if (upload.config.pretagging) names.emplace_back(kPretaggingTask);
  const auto& objects = upload.images.objects();
  if (objects && !upload.crops.empty() && (names.empty() || objects->task != names[0])) names.push_back(objects->task);
  std::vector<Task> tasks;
  for (const std::string& name : names) {
    PRETAG_ASSIGN(tasks.emplace_back(), open_task(upload, name, sources));
  }
  return tasks;
}

// The server keeps what it has of tasks in which now nothing was found, unless nothing was found in any: those are
// cleared first, since an earlier try at the same run may have found something.
Status send_predictions(const UploadTools& tools, const RunDataset& dataset, const std::string& sample,
                        const std::vector<ApiClient::SamplePredictions>& predictions) {
  const auto is_empty = [](const ApiClient::SamplePredictions& of_task) { return of_task.detections.empty(); };
  const auto send = [&](const std::vector<ApiClient::SamplePredictions>& some) {
    return tools.api.upload_predictions(dataset.id(), sample, dataset.run().created_at, some);
  };
  if (std::ranges::any_of(predictions, is_empty) && !std::ranges::all_of(predictions, is_empty)) PRETAG_TRY(send({}));
  return send(predictions);
}

Status write_predictions(const UploadTools& tools, const PredictionUpload& upload, const std::vector<Task>& tasks) {
  const RunDataset& dataset = upload.dataset;
  for (const Task& task : tasks) PRETAG_TRY(tools.api.create_prediction_task(dataset.id(), task.upload));
  const auto send = [&](const ImageResult& image) -> Status {
    PRETAG_TRY(tools.go_on());
    const auto index = dataset.index_of(image.info.filename);
    if (!index) return {};  // deleted meanwhile
    const auto crops = upload.crops.find(image.info.filename);
    std::vector<ApiClient::SamplePredictions> predictions;
    for (const Task& task : tasks) {
      PRETAG_ASSIGN(auto detections, task.detections->of(image));
      predictions.push_back({task.upload, std::move(detections)});
      const bool has_crops = crops != upload.crops.end() && task.upload.name == upload.images.objects()->task;
      if (has_crops) predictions.back().crops = crops->second;
    }
    return send_predictions(tools, dataset, dataset.id_of(*index), predictions);
  };
  // Each is a request, and waits for the server alone.
  constexpr size_t kBatch = 256, kAtOnce = 16;
  // Those of samples that this run did not select, too: it has looked at them anew, and their files may be others now.
  const auto is_sample = [&](const std::string& filename) { return dataset.index_of(filename).has_value(); };
  return upload.images.for_each_batch(
      "Uploading predictions", kBatch, is_sample, [&](const std::vector<ImageResult>& batch) {
        return for_each_index(batch.size(), kAtOnce, [&](size_t i) { return send(batch[i]); });
      });
}

// A score is a list with a value for each sample, in the order of the bits. Samples that this run has not seen keep
// what an earlier run said of them, or have 0, as images without objects do.
Status write_scores(const UploadTools& tools, const PredictionUpload& upload, const Task& task) {
  tools.reporter.state("COMPUTING_ACTIVE_LEARNING_SCORES", "Computing scores of the predictions");
  const RunDataset& dataset = upload.dataset;
  ScoreOptions options{.classes = std::max<size_t>(task.upload.classes.size(), 1)};
  options.frequency_penalty = upload.config.scorer_frequency_penalty;
  options.min_score = upload.config.scorer_min_score;
  const std::vector<std::string> names = detection_score_names();
  std::vector<std::vector<double>> values(names.size());  // of every image of the run, in the ledger's order
  std::vector<std::pair<size_t, size_t>> places;          // index of the image, index of its sample
  size_t images = 0;
  PRETAG_TRY(upload.ledger.for_each_result([&](const ImageResult& image) -> Status {
    PRETAG_ASSIGN(const auto detections, task.detections->of(image));
    for (size_t i = 0; i < names.size(); ++i) {
      values[i].push_back(score_image(*detection_score_named(names[i]), detections, options));
    }
    if (const auto index = dataset.index_of(image.info.filename)) places.emplace_back(images, *index);
    ++images;
    return {};
  }));
  for (size_t i = 0; i < names.size(); ++i) {
    const bool relative = *detection_score_named(names[i]) == DetectionScore::kObjectFrequency;
    if (relative) scale_object_frequencies(values[i], options.min_score);
    std::vector<double> of_samples;
    if (places.size() < dataset.size()) {
      PRETAG_ASSIGN(of_samples, tools.api.earlier_scores(dataset.id(), task.upload, names[i]));
    }
    of_samples.resize(dataset.size());
    for (const auto& [image, sample] : places) of_samples[sample] = values[i][image];
    PRETAG_TRY(tools.api.upload_scores(dataset.id(), task.upload, names[i], of_samples));
  }
  return {};
}

}  // namespace

Status upload_predictions(const UploadTools& tools, const PredictionUpload& upload) {
  PRETAG_ASSIGN(const SelectionSources sources, selection_sources(upload.ledger, tools.files));
  PRETAG_ASSIGN(const std::vector<Task> tasks, open_tasks(upload, sources));
  if (tasks.empty()) return {};
  PRETAG_TRY(write_predictions(tools, upload, tasks));
  for (const std::string& note : sources.prediction_files->notes()) tools.reporter.log("WARNING", note);
  return upload.config.pretagging ? write_scores(tools, upload, tasks.front()) : Status();
}

}  // namespace pretag
