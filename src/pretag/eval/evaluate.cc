#include "pretag/eval/evaluate.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "pretag/eval/average_precision.h"
#include "pretag/eval/matching.h"

namespace pretag {
namespace {

constexpr size_t kMaxDetections = 100;
constexpr size_t kIou50 = 0, kIou75 = 5;  // indices in iou_thresholds()

// One class in one image.
struct ClassImage {
  std::vector<MatchDetection> detections;  // by falling score
  std::vector<MatchObject> objects;
};

std::vector<ClassImage> select_class(std::span<const EvalImage> images, const std::string& name) {
  std::vector<ClassImage> selected;
  for (const auto& [prediction, truth] : images) {
    ClassImage& image = selected.emplace_back();
    for (const Detection& detection : prediction.detections) {
      if (detection.label == name) image.detections.push_back({detection.box_in_image, detection.score});
    }
    for (const GroundTruth& object : truth.objects) {
      if (object.label == name) image.objects.push_back({object.box_in_image, object.area, object.crowd});
    }
    std::ranges::stable_sort(image.detections, std::ranges::greater(), &MatchDetection::score);
  }
  return selected;
}

std::vector<ImageMatch> match_all(const std::vector<ClassImage>& images, AreaRange range) {
  std::vector<ImageMatch> matches;
  for (const ClassImage& image : images) {
    const size_t count = std::min(kMaxDetections, image.detections.size());
    matches.push_back(match_image(std::span(image.detections).first(count), image.objects, range));
  }
  return matches;
}

double mean(const std::array<double, kIouThresholds>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> mean_precision(std::span<const ImageMatch> matches) {
  const auto result = average_precision(matches, kMaxDetections);
  return result ? std::optional(mean(result->precision)) : std::nullopt;
}

std::optional<double> mean_recall(std::span<const ImageMatch> matches, size_t max_detections) {
  const auto result = average_precision(matches, max_detections);
  return result ? std::optional(mean(result->recall)) : std::nullopt;
}

EvalScores class_scores(const std::vector<ClassImage>& images) {
  EvalScores scores;
  const std::vector<ImageMatch> matches = match_all(images, kAllAreas);
  if (const auto all = average_precision(matches, kMaxDetections)) {
    scores.ap = mean(all->precision);
    scores.ap50 = all->precision[kIou50];
    scores.ap75 = all->precision[kIou75];
    scores.ar100 = mean(all->recall);
    scores.ar1 = mean_recall(matches, 1);
    scores.ar10 = mean_recall(matches, 10);
  }
  scores.ap_small = mean_precision(match_all(images, kSmallArea));
  scores.ap_medium = mean_precision(match_all(images, kMediumArea));
  scores.ap_large = mean_precision(match_all(images, kLargeArea));
  return scores;
}

EvalCounts class_counts(const std::vector<ClassImage>& images, float score_threshold) {
  EvalCounts counts;
  int64_t error = 0;
  for (const ClassImage& image : images) {
    const auto below = std::ranges::find_if(image.detections, [&](const auto& d) { return d.score < score_threshold; });
    const ImageMatch match = match_image({image.detections.begin(), below}, image.objects, kAllAreas);
    int64_t right = 0, wrong = 0;
    for (const ImageMatch::Detection& detection : match.detections) {
      if (!detection.ignored[kIou50]) ++(detection.matched[kIou50] ? right : wrong);
    }
    const auto objects = static_cast<int64_t>(match.objects);
    counts.objects += objects;
    counts.right += right;
    counts.wrong += wrong;
    error += std::abs(right + wrong - objects);
  }
  if (!images.empty()) counts.count_error = static_cast<double>(error) / static_cast<double>(images.size());
  return counts;
}

Calibration class_calibration(const std::vector<ClassImage>& images) {
  Calibration calibration;
  for (const ImageMatch& match : match_all(images, kAllAreas)) {
    for (const ImageMatch::Detection& detection : match.detections) {
      if (!detection.ignored[kIou50]) calibration.add(detection.score, detection.matched[kIou50]);
    }
  }
  return calibration;
}

std::optional<double> class_mean(const std::vector<ClassEval>& classes, std::optional<double> EvalScores::*score) {
  double sum = 0;
  int count = 0;
  for (const ClassEval& evaluated : classes) {
    if (const auto& value = evaluated.scores.*score) sum += *value, ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

EvalScores class_means(const std::vector<ClassEval>& classes) {
  EvalScores means;
  for (const auto score :
       {&EvalScores::ap, &EvalScores::ap50, &EvalScores::ap75, &EvalScores::ap_small, &EvalScores::ap_medium,
        &EvalScores::ap_large, &EvalScores::ar1, &EvalScores::ar10, &EvalScores::ar100}) {
    means.*score = class_mean(classes, score);
  }
  return means;
}

std::optional<double> ratio(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::optional<double> EvalCounts::precision() const { return ratio(right, detected()); }

std::optional<double> EvalCounts::recall() const { return ratio(right, objects); }

std::optional<double> EvalCounts::f1() const { return ratio(2 * right, detected() + objects); }

std::optional<double> EvalCounts::bias() const { return ratio(detected() - objects, objects); }

EvalResult evaluate(std::span<const EvalImage> images, const EvalOptions& options) {
  EvalResult result;
  result.images = images.size();
  result.score_threshold = options.score_threshold;
  for (const std::string& name : options.classes) {
    const std::vector<ClassImage> selected = select_class(images, name);
    result.classes.push_back(
        {name, class_scores(selected), class_counts(selected, options.score_threshold), class_calibration(selected)});
    result.calibration.add(result.classes.back().calibration);
    const EvalCounts& counts = result.classes.back().counts;
    result.total.objects += counts.objects;
    result.total.right += counts.right;
    result.total.wrong += counts.wrong;
    result.total.count_error += counts.count_error;
  }
  result.mean = class_means(result.classes);
  return result;
}

}  // namespace pretag
