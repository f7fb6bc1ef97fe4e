#include "pretag/report/json_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pretag/report/plots.h"
#include "pretag/report/report_files.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

// A float as it reads: 0.7f is 0.7, not 0.699999988079071.
double shortest(float value) { return std::isfinite(value) ? std::stod(fmt::format("{}", value)) : 0; }

// Values that are not known are null rather than zero or empty.
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json positive_or_null(double value) { return value > 0 && std::isfinite(value) ? Json(value) : Json(); }

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json job_json(const JobFacts& job) {
  Json stages = Json::array(), config = Json::object();
  for (const StageTiming& stage : job.stages) stages.push_back({{"name", stage.name}, {"seconds", stage.seconds}});
  for (const auto& [key, value] : job.config) config[key] = value;
  return {{"title", text_or_null(job.title)},
          {"input", text_or_null(job.input)},
          {"started", text_or_null(format_utc_iso(job.started_unix))},
          {"ended", text_or_null(format_utc_iso(job.ended_unix))},
          {"duration_seconds", job.duration_seconds},
          {"images_per_second", positive_or_null(job.images_per_second)},
          {"machine", text_or_null(job.machine)},
          {"threads", job.threads},
          {"precision", text_or_null(job.precision)},
          {"accuracy", text_or_null(job.accuracy)},
          {"stages", stages},
          {"config", config}};
}

Json model_json(const ReportModel& report) {
  const ModelFacts& model = report.model;
  return {{"name", text_or_null(model.name)},
          {"architecture", text_or_null(model.architecture)},
          {"sha256", text_or_null(model.sha256)},
          {"license", text_or_null(model.license)},
          {"training_data", text_or_null(model.training_data)},
          {"score_threshold", looked_for_objects(report) ? Json(shortest(model.score_threshold)) : Json()},
          {"note", text_or_null(model.note)}};
}

Json histogram_json(const Histogram& histogram) {
  if (histogram.counts.empty()) return {};
  return {{"range", {histogram.low, histogram.high}}, {"counts", histogram.counts}};
}

Json summary_json(const NumericSummary& summary) {
  if (summary.count == 0) return {};
  return {{"mean", summary.mean}, {"deviation", summary.deviation},
          {"min", summary.min},   {"p05", summary.p05},
          {"p25", summary.p25},   {"median", summary.median},
          {"p75", summary.p75},   {"p95", summary.p95},
          {"max", summary.max},   {"histogram", histogram_json(summary.histogram)}};
}

Json class_json(const ClassStatistics& entry, const ObjectStatistics& statistics) {
  return {{"name", entry.name},
          {"objects", entry.objects},
          {"share_of_objects", statistics.share_of_objects(entry.objects)},
          {"images", entry.images},
          {"objects_per_image", statistics.per_image(entry.objects)},
          {"mean_score", entry.objects > 0 ? Json(entry.mean_score) : Json()},
          {"box_sizes", {{"small", entry.sizes.small}, {"medium", entry.sizes.medium}, {"large", entry.sizes.large}}},
          {"images_by_objects", entry.images_by_objects},
          {"relative_area_histogram", {{"log10_range", {-5, 0}}, {"counts", entry.relative_areas}}},
          {"score_histogram", {{"range", {0, 1}}, {"counts", entry.score_histogram}}}};
}

Json statistics_json(const ObjectStatistics& statistics) {
  Json classes = Json::array(), pairs = Json::array();
  for (const ClassStatistics& entry : statistics.classes) classes.push_back(class_json(entry, statistics));
  for (const ClassPair& pair : statistics.class_pairs)
    pairs.push_back({{"classes", {statistics.classes[pair.first].name, statistics.classes[pair.second].name}},
                     {"images", pair.images}});
  return {{"images", statistics.images},
          {"images_without_objects", statistics.images_without_objects},
          {"objects", statistics.objects},
          {"mean_objects_per_image", statistics.mean_objects_per_image()},
          {"objects_per_image_histogram", statistics.objects_per_image},
          {"classes", classes},
          {"class_pairs", pairs},
          {"image_quality",
           {{"luminance", summary_json(statistics.luminance)},
            {"sharpness", summary_json(statistics.sharpness)},
            {"snr", summary_json(statistics.snr)},
            {"megapixels", summary_json(statistics.megapixels)}}}};
}

// Boxes as in the pretagging dump: x1, y1, x2, y2 relative to the image's width and height.
Json box_json(const Box& box, const DebugImage& image) {
  const double width = std::max(image.width, 1), height = std::max(image.height, 1);
  return {box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height};
}

Json debug_images_json(const ReportModel& model) {
  const std::vector<std::string> files = debug_image_files(model);
  Json images = Json::array();
  for (size_t i = 0; i < files.size(); ++i) {
    const DebugImage& image = model.debug_images[i];
    Json boxes = Json::array(), labels = Json::array(), scores = Json::array();
    for (const Detection& detection : image.detections) {
      boxes.push_back(box_json(detection.box_in_image, image));
      labels.push_back(detection.label);
      scores.push_back(shortest(detection.score));
    }
    images.push_back({{"filename", image.filename},
                      {"file", files[i]},
                      {"width", image.width},
                      {"height", image.height},
                      {"boxes", boxes},
                      {"labels", labels},
                      {"scores", scores}});
  }
  return images;
}

Json selected_json(const ReportSelection& selection) {
  Json listed = Json::array();
  for (const SelectedSample& sample : selection.listed) {
    Json reasons = Json::array();
    for (const Reason& reason : sample.reasons)
      reasons.push_back({{"strategy", reason.strategy}, {"value", finite_or_null(reason.value)}});
    listed.push_back({{"filename", sample.filename}, {"reasons", reasons}});
  }
  return {{"total", selection.selected}, {"listed", listed}};
}

Json duplicates_json(const ReportDuplicates& duplicates) {
  if (!duplicates.looked_for) return {};
  Json listed = Json::array();
  for (const DuplicatePair& pair : duplicates.listed)
    listed.push_back({{"filename", pair.filename}, {"kept", pair.kept}});
  return {{"total", duplicates.total}, {"listed", listed}};
}

Json objects_json(const ReportModel& model) {
  const auto& objects = model.selection->objects;
  if (!objects) return {};
  Json classes = Json::array();
  for (const ObjectSelection::Class& entry : objects->classes)
    classes.push_back({{"name", entry.name}, {"inputs", entry.inputs}, {"selected", entry.selected}});
  return {{"task", objects->task},
          {"inputs", objects->inputs},
          {"selected", objects->selected},
          {"preselected", objects->preselected},
          {"classes", classes}};
}

Json selection_json(const ReportModel& model) {
  if (!model.selection) return {};
  const ReportSelection& selection = *model.selection;
  Json thresholds = Json::array(), balances = Json::array();
  for (const ThresholdOutcome& outcome : selection.thresholds)
    thresholds.push_back({{"strategy", outcome.strategy}, {"excluded", outcome.excluded}});
  for (const BalanceOutcome& balance : selection.balances) {
    Json classes = Json::array();
    for (const BalanceOutcome::Class& entry : balance.classes)
      classes.push_back(
          {{"name", entry.name}, {"input", entry.input}, {"target", entry.target}, {"reached", entry.reached}});
    balances.push_back({{"strategy", balance.strategy}, {"classes", classes}});
  }
  return {{"requested", selection.requested},
          {"candidates", selection.candidates},
          {"preselected", selection.preselected},
          {"strategies", selection.strategies},
          {"notes", selection.notes},
          {"thresholds", thresholds},
          {"balances", balances},
          {"selected", selected_json(selection)},
          {"objects", objects_json(model)}};
}

Json points_json(const std::vector<ScatterPoint>& points) {
  Json list = Json::array();
  for (const ScatterPoint& point : points)
    list.push_back({{"filename", point.filename}, {"xy", point.pca}, {"umap", point.umap}});
  return list;
}

Json similar_pairs_json(const EmbeddingStatistics& embeddings) {
  Json list = Json::array();
  for (const SimilarPair& pair : embeddings.similar_pairs)
    list.push_back({{"filenames", {pair.first, pair.second}},
                    {"distance", pair.distance},
                    {"selected", {pair.first_selected, pair.second_selected}}});
  return list;
}

Json embeddings_json(const ReportModel& model) {
  const EmbeddingStatistics& embeddings = model.embeddings;
  if (embeddings.images == 0) return {};
  Json examples = Json::array();
  for (const CoveredImage& example : embeddings.examples)
    examples.push_back({{"removed", example.removed}, {"kept", example.kept}, {"distance", example.distance}});
  return {{"images", embeddings.images},
          {"dimension", embeddings.dimension},
          {"pair_distances",
           {{"all", histogram_json(embeddings.input_distances)},
            {"selected", histogram_json(embeddings.selected_distances)}}},
          {"distance_to_selected",
           {{"measured", embeddings.measured}, {"distances", summary_json(embeddings.distance_to_selected)}}},
          {"distance_to_nearest_neighbor",
           {{"all", summary_json(embeddings.nearest_in_input)},
            {"selected", summary_json(embeddings.nearest_in_selected)}}},
          {"examples", examples},
          {"similar_pairs", similar_pairs_json(embeddings)},
          {"scatter",
           {{"explained_variance", embeddings.explained},
            {"all", points_json(embeddings.input_points)},
            {"selected", points_json(embeddings.selected_points)}}}};
}

Json rare_classes_json(const ReportModel& model) {
  Json list = Json::array();
  for (const RareClass& rare : model.rare_classes) {
    Json pictures = Json::array();
    for (const DebugImage& picture : rare.pictures) pictures.push_back(picture.filename);
    list.push_back({{"name", rare.name}, {"pictures", pictures}});
  }
  return list;
}

Json videos_json(const ReportModel& model) {
  if (!has_timelines(model)) return {};
  const VideoTimelines& videos = model.videos;
  Json listed = Json::array();
  for (const VideoTimeline& timeline : videos.listed)
    listed.push_back({{"video", timeline.video}, {"frames", timeline.frames}, {"selected", timeline.selected}});
  return {{"total", videos.videos},
          {"frames", videos.frames},
          {"with_selected_frames", videos.videos_selected},
          {"listed", listed}};
}

Json failures_json(const ReportModel& model) {
  Json listed = Json::array();
  for (const ReportFailure& failure : model.failures)
    listed.push_back({{"filename", failure.filename}, {"reason", failure.reason}});
  return {{"total", model.failed_images}, {"listed", listed}};
}

}  // namespace

std::string json_report(const ReportModel& model) {
  const Json report = {
      {"schema_version", kReportSchemaVersion},
      {"generator", {{"name", "pretag"}, {"version", model.job.pretag_version}}},
      {"job", job_json(model.job)},
      {"model", model_json(model)},
      {"images", {{"input", model.input_images}, {"processed", model.input.images}, {"corrupt", model.failed_images}}},
      {"statistics",
       {{"all", statistics_json(model.input)},
        {"selected", model.selected ? statistics_json(*model.selected) : Json()}}},
      {"selection", selection_json(model)},
      {"videos", videos_json(model)},
      {"embeddings", embeddings_json(model)},
      {"rare_classes", rare_classes_json(model)},
      {"duplicates", duplicates_json(model.duplicates)},
      {"failures", failures_json(model)},
      {"debug_images", debug_images_json(model)},
      {"debug_images_unavailable", model.debug_images_unavailable}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pretag
