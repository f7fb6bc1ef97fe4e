#include "pretag/eval/eval_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pretag/util/printable.h"

namespace pretag {
namespace {

using nlohmann::ordered_json;

std::string percent(const std::optional<double>& value) { return value ? fmt::format("{:.1f}", *value * 100) : "-"; }

std::string signed_percent(const std::optional<double>& value) {
  return value ? fmt::format("{:+.1f}", *value * 100) : "-";
}

std::string row(const std::string& name, const EvalScores& scores, const EvalCounts& counts, size_t name_width) {
  return fmt::format(
      "{:<{}}  {:>8}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>9}  {:>6}  {:>6}  {:>8}  {:>7}  {:>11.2f}\n",
      printable(name), name_width, counts.objects, percent(scores.ap), percent(scores.ap50), percent(scores.ap75),
      percent(scores.ap_small), percent(scores.ap_medium), percent(scores.ap_large), percent(counts.precision()),
      percent(counts.recall()), percent(counts.f1()), counts.detected(), signed_percent(counts.bias()),
      counts.count_error);
}

ordered_json number(const std::optional<double>& value) { return value ? ordered_json(*value) : ordered_json(nullptr); }

ordered_json bins(const Calibration& calibration) {
  ordered_json list = ordered_json::array();
  for (const Calibration::Bin& bin : calibration.bins) {
    list.push_back(
        {{"detections", bin.detections},
         {"right", bin.right},
         {"mean_score", number(bin.detections > 0 ? std::optional(bin.score_sum / static_cast<double>(bin.detections))
                                                  : std::nullopt)}});
  }
  return list;
}

ordered_json to_json(const EvalScores& scores, const EvalCounts& counts, const Calibration& calibration) {
  return {{"objects", counts.objects},
          {"ap", number(scores.ap)},
          {"ap50", number(scores.ap50)},
          {"ap75", number(scores.ap75)},
          {"ap_small", number(scores.ap_small)},
          {"ap_medium", number(scores.ap_medium)},
          {"ap_large", number(scores.ap_large)},
          {"ar1", number(scores.ar1)},
          {"ar10", number(scores.ar10)},
          {"ar100", number(scores.ar100)},
          {"right", counts.right},
          {"wrong", counts.wrong},
          {"missed", counts.missed()},
          {"precision", number(counts.precision())},
          {"recall", number(counts.recall())},
          {"f1", number(counts.f1())},
          {"bias", number(counts.bias())},
          {"count_error", counts.count_error},
          {"calibration_error", number(calibration.error())},
          {"calibration", bins(calibration)}};
}

}  // namespace

std::string eval_table(const EvalResult& result, bool per_class) {
  constexpr char kAll[] = "all classes";
  size_t width = sizeof kAll - 1;
  for (const ClassEval& evaluated : result.classes) width = std::max(width, evaluated.name.size());
  std::string table = fmt::format(
      "{:<{}}  {:>8}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>9}  {:>6}  {:>6}  {:>8}  {:>7}  {:>11}\n", "class",
      width, "objects", "AP", "AP50", "AP75", "small", "medium", "large", "precision", "recall", "F1", "detected",
      "bias", "count error");
  if (per_class) {
    for (const auto& [name, scores, counts, calibration] : result.classes) table += row(name, scores, counts, width);
  }
  table += row(kAll, result.mean, result.total, width);
  table += fmt::format(
      "\nAP, small, medium, large: mean over IoU 0.50:0.95, in percent. Precision, recall, F1 and detected: score "
      "from\n"
      "{:.2f} on, IoU 0.5. Bias: how many percent more are detected than labelled. Count error: how many objects an "
      "image\n"
      "is off, on average, added up over the classes. Scores are {} points off, on average, from the share that is "
      "right.\n",
      result.score_threshold, percent(result.calibration.error()));
  return table;
}

std::string eval_json(const EvalResult& result) {
  ordered_json document = {{"images", result.images},
                           {"score_threshold", std::stod(fmt::format("{}", result.score_threshold))},
                           {"all", to_json(result.mean, result.total, result.calibration)},
                           {"classes", ordered_json::object()}};
  for (const auto& [name, scores, counts, calibration] : result.classes) {
    document["classes"][name] = to_json(scores, counts, calibration);
  }
  return document.dump(2) + "\n";
}

}  // namespace pretag
