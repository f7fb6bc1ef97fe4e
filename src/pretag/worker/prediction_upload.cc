#include "pretag/worker/prediction_upload.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "pretag/run/selection_pass.h"
#include "pretag/select/scores.h"
#include "pretag/util/parallel.h"

namespace pretag {
namespace {

// Of the detector's: those that count as found.
std::vector<Detection> found(const ImageResult& image, float threshold) {
  std::vector<Detection> found;
  for (const Detection& detection : image.detections) {
    if (detection.score >= threshold) found.push_back(detection);
  }
  return found;
}

Status write_predictions(const UploadTools& tools, const PredictionUpload& upload, const ApiClient::TaskUpload& task,
                         float threshold) {
  const RunDataset& dataset = upload.dataset;
  PRETAG_TRY(tools.api.create_prediction_task(dataset.id(), task));
  const auto send = [&](const ImageResult& image) -> Status {
    PRETAG_TRY(tools.go_on());
    const auto index = dataset.index_of(image.info.filename);
    if (!index) return {};  // deleted meanwhile
    const auto crops = upload.crops.find(image.info.filename);
    return tools.api.upload_predictions(dataset.id(), dataset.id_of(*index), task, found(image, threshold),
                                        crops == upload.crops.end() ? CropsOfSample() : crops->second);
  };
  // Each is a request, and waits for the server alone.
  constexpr size_t kBatch = 256, kAtOnce = 16;
  return upload.images.for_each_batch("Uploading predictions", kBatch, [&](const std::vector<ImageResult>& batch) {
    return for_each_index(batch.size(), kAtOnce, [&](size_t i) { return send(batch[i]); });
  });
}

// A score is a list with a value for each sample, in the order of the bits. Samples that this run has not seen keep
// what an earlier run said of them, or have 0, as images without objects do.
Status write_scores(const UploadTools& tools, const PredictionUpload& upload, const ApiClient::TaskUpload& task,
                    float threshold) {
  tools.reporter.state("COMPUTING_ACTIVE_LEARNING_SCORES", "Computing scores of the predictions");
  const RunDataset& dataset = upload.dataset;
  ScoreOptions options{.classes = std::max<size_t>(task.classes.size(), 1)};
  options.frequency_penalty = upload.config.scorer_frequency_penalty;
  options.min_score = upload.config.scorer_min_score;
  const std::vector<std::string> names = detection_score_names();
  std::vector<std::vector<double>> values(names.size());  // of every image of the run, in the ledger's order
  std::vector<std::pair<size_t, size_t>> places;          // index of the image, index of its sample
  size_t images = 0;
  PRETAG_TRY(upload.ledger.for_each_result([&](const ImageResult& image) -> Status {
    const auto detections = found(image, threshold);
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
      PRETAG_ASSIGN(of_samples, tools.api.earlier_scores(dataset.id(), task, names[i]));
    }
    of_samples.resize(dataset.size());
    for (const auto& [image, sample] : places) of_samples[sample] = values[i][image];
    PRETAG_TRY(tools.api.upload_scores(dataset.id(), task, names[i], of_samples));
  }
  return {};
}

}  // namespace

Status upload_predictions(const UploadTools& tools, const PredictionUpload& upload) {
  PRETAG_ASSIGN(const SelectionSources facts, selection_sources(upload.ledger, tools.files));
  const ApiClient::TaskUpload task{
      .name = kPretaggingTask, .classes = facts.classes, .time_ms = upload.dataset.run().created_at};
  PRETAG_TRY(write_predictions(tools, upload, task, facts.score_threshold));
  return write_scores(tools, upload, task, facts.score_threshold);
}

}  // namespace pretag
