#include "pretag/report/json_report_v2.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "pretag/data/selection.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMillisecondsASecond = 1000;

Json general_information(const ReportModel& model) {
  const JobFacts& job = model.job;
  const ReportSelection& selection = *model.selection;
  Json examples = Json::array();
  for (const CoveredImage& example : model.embeddings.examples)
    examples.push_back(
        {{"selectedImage", example.kept}, {"removedImage", example.removed}, {"distance", example.distance}});
  // What labelling costs is not known here, and a guess would be taken for a fact.
  const Json no_savings = {{"costSavings", 0}, {"co2Savings", 0}};
  const int64_t with_pool = selection.selected + selection.preselected;
  const int64_t kept = selection.selected + selection.preselected_inputs;
  return {
      {"workerInformation", {{"buildTime", ""}, {"buildVersion", job.pretag_version}}},
      {"runInformation",
       {{"startTimestamp", job.started_unix * kMillisecondsASecond},
        {"endTimestamp", job.ended_unix * kMillisecondsASecond},
        {"totalProcessingTimeS", job.duration_seconds},
        {"runId", ""},
        {"runUrl", ""}}},
      {"datasetInformation",
       {{"datasetSizes",
         {{"nInput", model.input_images},
          {"nCorrupt", model.failed_images},
          {"nDuplicate", model.duplicates.total},
          {"nRemoved", std::max<int64_t>(model.input.images - model.duplicates.total - kept, 0)},
          {"nSelected", selection.selected},
          {"nPreselectedDatapool", selection.preselected},
          {"nSelectedWithDatapool", with_pool}}},
        {"datasetId", ""},
        {"datasetUrl", ""},
        {"datasetName", job.title}}},
      {"annotationSavings",
       {{"imageClassification", no_savings}, {"objectDetection", no_savings}, {"semanticSegmentation", no_savings}}},
      {"selectedAndRemovedImageExamples", examples}};
}

// Of a set without values everything is zero.
Json numeric_set(const NumericSummary& summary, size_t bins) {
  std::vector<int64_t> counts = summary.histogram.counts;
  counts.resize(bins);
  return {{"counts", counts},
          {"metrics",
           {{"mean", summary.mean},
            {"std", summary.deviation},
            {"min", summary.min},
            {"median", summary.median},
            {"max", summary.max}}}};
}

// `input` may be null: the distances to the selected images exist for these alone.
Json numeric_distribution(const NumericSummary* input, const NumericSummary& selected) {
  const Histogram& edges = input != nullptr && !input->histogram.counts.empty() ? input->histogram : selected.histogram;
  const size_t bins = std::max<size_t>(edges.counts.size(), 1);
  Json json = {{"bins", bins}, {"range", {edges.low, std::max(edges.high, edges.low)}}};
  if (input != nullptr) json["input"] = numeric_set(*input, bins);
  json["selected"] = numeric_set(selected, bins);
  return json;
}

Json points(const std::vector<ScatterPoint>& scatter, ScatterPlace place) {
  Json list = Json::array();
  for (const ScatterPoint& point : scatter) list.push_back(point.*place);
  return list;
}

Json scatter_plot(const EmbeddingStatistics& embeddings, ScatterPlace place) {
  Json examples = Json::array();
  constexpr size_t kMostExamples = 20;
  std::vector<ScatterPoint> selected = embeddings.selected_points;
  const auto pool = std::stable_partition(selected.begin(), selected.end(),
                                          [](const ScatterPoint& point) { return !point.preselected; });
  const std::vector<ScatterPoint> preselected(pool, selected.end());
  selected.erase(pool, selected.end());
  for (size_t i = 0; i < std::min(kMostExamples, selected.size()); ++i)
    examples.push_back({{"location", selected[i].*place}, {"filename", selected[i].filename}});
  Json json = {{"input2dEmbeddings", points(embeddings.input_points, place)},
               {"selectedExcludingDatapool2dEmbeddings", points(selected, place)},
               {"exampleImages", examples}};
  if (!preselected.empty()) json["datapool2dEmbeddings"] = points(preselected, place);
  return json;
}

Json embedding_information(const EmbeddingStatistics& embeddings) {
  return {{"distanceToNearestNeighborInSet",
           numeric_distribution(&embeddings.nearest_in_input, embeddings.nearest_in_selected)},
          {"distanceToCoverInput", numeric_distribution(nullptr, embeddings.distance_to_selected)},
          {"scatterPlotData",
           {{"pcaEmbeddingData", scatter_plot(embeddings, &ScatterPoint::pca)},
            {"umapEmbeddingData", scatter_plot(embeddings, &ScatterPoint::umap)}}}};
}

// 0 where all categories are equally frequent, 1 where there is but one: the Gini impurity, turned over and scaled.
double gini_imbalance(std::span<const int64_t> counts, double total) {
  if (counts.size() < 2 || total <= 0) return 0;
  double sum_of_squares = 0;
  for (const int64_t count : counts) sum_of_squares += std::pow(static_cast<double>(count) / total, 2);
  const auto categories = static_cast<double>(counts.size());
  return 1 - (1 - sum_of_squares) / (1 - 1 / categories);
}

// Shannon's, 1 where all categories are equally frequent.
double normalized_entropy(std::span<const int64_t> counts, double total) {
  if (counts.size() < 2 || total <= 0) return 0;
  double entropy = 0;
  for (const int64_t count : counts)
    if (count > 0) entropy -= static_cast<double>(count) / total * std::log(static_cast<double>(count) / total);
  return entropy / std::log(static_cast<double>(counts.size()));
}

// Of the input's classes; `share` of the objects of each.
Json category_set(const ReportModel& model, const ObjectStatistics& statistics, double share = 1) {
  Json counts = Json::object();
  std::vector<int64_t> numbers;
  int64_t objects = 0;
  for (const ClassStatistics& entry : model.input.classes) {
    numbers.push_back(std::llround(share * static_cast<double>(statistics.objects_of(entry.name))));
    counts[entry.name] = numbers.back();
    objects += numbers.back();
  }
  const auto total = static_cast<double>(objects);
  return {
      {"counts", counts},
      {"metrics",
       {{"giniImbalance", gini_imbalance(numbers, total)}, {"normalizedEntropy", normalized_entropy(numbers, total)}}}};
}

// Objects of one class in an image; ClassStatistics counts up to kMostObjectsOfAClass.
NumericSummary counts_per_sample(const ObjectStatistics& statistics, const std::string& name) {
  NumericSummary summary;
  const ClassStatistics* entry = statistics.find_class(name);
  constexpr size_t kBins = kMostObjectsOfAClass + 1;
  summary.histogram = {0, static_cast<double>(kBins), std::vector<int64_t>(kBins)};
  if (entry == nullptr || statistics.images == 0) return summary;
  summary.histogram.counts.assign(entry->images_by_objects.begin(), entry->images_by_objects.end());
  summary.count = statistics.images;
  summary.mean = statistics.per_image(entry->objects);
  int64_t seen = 0;
  double squares = 0;
  bool has_min = false, has_median = false;
  for (size_t k = 0; k < kBins; ++k) {
    const int64_t images = summary.histogram.counts[k];
    if (images == 0) continue;
    const auto value = static_cast<double>(k);
    seen += images;
    squares += static_cast<double>(images) * std::pow(value - summary.mean, 2);
    if (!std::exchange(has_min, true)) summary.min = value;
    if (2 * seen >= statistics.images && !std::exchange(has_median, true)) summary.median = value;
    summary.max = value;
  }
  summary.deviation = std::sqrt(squares / static_cast<double>(statistics.images));
  return summary;
}

Json box_examples(const ReportModel& model) {
  std::map<std::string, size_t> ids;
  for (size_t i = 0; i < model.input.classes.size(); ++i) ids[model.input.classes[i].name] = i;
  Json examples = Json::array();
  for (const DebugImage& image : model.debug_images) {
    Json predictions = Json::array();
    for (const Detection& detection : image.detections) {
      const Box& box = detection.box_in_image;
      predictions.push_back({{"categoryId", ids[detection.label]},
                             {"bbox", {box.x1, box.y1, box.width(), box.height()}},
                             {"score", detection.score},
                             {"epsilon", 0}});  // demanded, and nowhere explained
    }
    examples.push_back({{"filename", image.filename}, {"predictions", predictions}});
  }
  return examples;
}

// What as many images as are selected have on average if they are drawn at random.
Json random_category_set(const ReportModel& model) {
  const auto images = static_cast<double>(std::max<int64_t>(model.input.images, 1));
  return category_set(model, model.input, static_cast<double>(model.selected->images) / images);
}

Json pretagging_information(const ReportModel& model) {
  Json names = Json::object(), counts = Json::object();
  for (size_t i = 0; i < model.input.classes.size(); ++i) {
    const ClassStatistics& entry = model.input.classes[i];
    names[std::to_string(i)] = entry.name;
    const NumericSummary input = counts_per_sample(model.input, entry.name);
    counts[entry.name] = numeric_distribution(&input, counts_per_sample(*model.selected, entry.name));
  }
  return {{"taskType", "object-detection"},
          {"categoryIdToName", names},
          {"activeLearningScoreDistributions", Json::object()},
          {"categoryDistribution",
           {{"input", category_set(model, model.input)},
            {"selected", category_set(model, *model.selected)},
            {"random", random_category_set(model)}}},
          {"categoryToCountsPerSample", counts},
          {"detectionTaskInformation", {{"bboxExamples", box_examples(model)}}}};
}

}  // namespace

std::string json_report_v2(const ReportModel& model) {
  const ObjectStatistics &all = model.input, &selected = *model.selected;
  Json tasks = Json::object();
  if (!all.classes.empty()) tasks[kPretaggingTask] = pretagging_information(model);
  const Json report = {{"generalInformation", general_information(model)},
                       {"datasetAnalysis",
                        {{"embeddingInformation", embedding_information(model.embeddings)},
                         {"metadataInformation",
                          {{"lightlyNumeric",
                            {{"luminance", numeric_distribution(&all.luminance, selected.luminance)},
                             {"sharpness", numeric_distribution(&all.sharpness, selected.sharpness)},
                             {"snr", numeric_distribution(&all.snr, selected.snr)}}},
                           {"customNumeric", Json::object()},
                           {"customCategorical", Json::object()}}}}},
                       {"predictionTaskInformation", tasks}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pretag
