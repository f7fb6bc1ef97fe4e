#include "pretag/formats/lightly_predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/formats/json_text.h"

namespace pretag {
namespace {

constexpr int kPixelDecimals = 2;
constexpr char kSchemaStem[] = "schema";  // <task>/schema.json is taken

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

}  // namespace

LightlyFile lightly_tasks_file(const LightlyTask& task) { return {"tasks.json", fmt::format("[\"{}\"]\n", task.name)}; }

Result<LightlyFile> lightly_schema_file(const LightlyTask& task) {
  std::string categories;
  for (size_t id = 0; id < task.output_classes.size(); ++id) {
    const auto seen = task.output_classes.begin() + static_cast<std::ptrdiff_t>(id);
    if (std::find(task.output_classes.begin(), seen, *seen) != seen)
      return invalid("class \"" + *seen + "\" occurs twice");
    PRETAG_ASSIGN(const std::string name, json_text(*seen));
    categories += fmt::format("{}{{\"id\": {}, \"name\": {}}}", id == 0 ? "" : ", ", id, name);
  }
  return LightlyFile{task.name + "/schema.json",
                     fmt::format("{{\"task_type\": \"object-detection\", \"categories\": [{}]}}\n", categories)};
}

LightlyImageFiles::LightlyImageFiles(LightlyTask task) : task_(std::move(task)), stems_(kSchemaStem) {
  for (const std::string& name : task_.output_classes) {
    const auto found = std::ranges::find(task_.model_classes, name);
    probability_index_.push_back(static_cast<size_t>(found - task_.model_classes.begin()));
  }
}

Result<std::optional<LightlyFile>> LightlyImageFiles::make(const Prediction& prediction) {
  const std::string& filename = prediction.filename;
  if (filename <= last_filename_) return invalid(filename + ": images must come in byte order of their names");
  last_filename_ = filename;
  if (!stems_.claim(filename)) {
    skipped_.push_back(filename);
    return std::optional<LightlyFile>();
  }
  std::string singletons;
  for (const Detection& detection : prediction.detections) {
    if (detection.score < task_.score_threshold) continue;
    auto text = singleton(detection);
    if (!text) return text.error().in(filename);
    singletons += (singletons.empty() ? "" : ", ") + *text;
  }
  PRETAG_ASSIGN(const std::string name, json_text(filename));
  return std::optional(LightlyFile{task_.name + "/" + stem_of(filename) + ".json",
                                   fmt::format("{{\"file_name\": {}, \"predictions\": [{}]}}\n", name, singletons)});
}

Result<std::string> LightlyImageFiles::singleton(const Detection& detection) const {
  const auto category = std::ranges::find(task_.output_classes, detection.label);
  if (category == task_.output_classes.end())
    return invalid("label \"" + detection.label + "\" is no class of the model");
  const Box& box = detection.box_in_image;
  if (!std::isfinite(box.x1 + box.y1 + box.x2 + box.y2 + detection.score)) return invalid("a detection is not finite");
  return fmt::format("{{\"category_id\": {}, \"bbox\": [{}, {}, {}, {}], \"score\": {}{}}}",
                     category - task_.output_classes.begin(), json_fixed(box.x1, kPixelDecimals),
                     json_fixed(box.y1, kPixelDecimals), json_fixed(box.width(), kPixelDecimals),
                     json_fixed(box.height(), kPixelDecimals), json_float(detection.score), probabilities(detection));
}

// The format wants one probability a category and a sum of 1; the model's softmax also covers the background and, with
// COCO's classes, those that are not reported.
std::string LightlyImageFiles::probabilities(const Detection& detection) const {
  std::vector<double> values;
  double sum = 0;
  for (const size_t index : probability_index_) {
    if (index >= detection.probabilities.size()) return "";
    values.push_back(detection.probabilities[index]);
    sum += values.back();
  }
  if (!(sum > 0) || !std::isfinite(sum)) return "";
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + json_float(static_cast<float>(value / sum));
  return ", \"probabilities\": [" + text + "]";
}

}  // namespace pretag
