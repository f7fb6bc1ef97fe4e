#include "pretag/select/scores.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pretag {
namespace {

constexpr std::array<std::pair<std::string_view, DetectionScore>, 5> kScores = {{
    {"object_frequency", DetectionScore::kObjectFrequency},
    {"objectness_least_confidence", DetectionScore::kObjectnessLeastConfidence},
    {"uncertainty_least_confidence", DetectionScore::kUncertaintyLeastConfidence},
    {"uncertainty_margin", DetectionScore::kUncertaintyMargin},
    {"uncertainty_entropy", DetectionScore::kUncertaintyEntropy},
}};

double finite_or_zero(double value) { return std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0; }

// One column stands for two classes. What is no vector of probabilities (empty, NaN) counts as sure: its scores are 0.
std::vector<float> at_least_two(std::span<const float> probabilities) {
  std::vector<float> all(probabilities.begin(), probabilities.end());
  if (all.size() == 1) all.push_back(1 - all[0]);
  const bool finite = std::ranges::all_of(all, [](float value) { return std::isfinite(value); });
  return all.empty() || !finite ? std::vector<float>{1, 0} : all;
}

std::vector<float> class_probabilities(const Detection& detection, size_t classes) {
  std::vector<float> probabilities;
  // Of a single class, what is left is the background's: an object that is surely of that class may be none at all.
  if (detection.probabilities.size() == 2) return {detection.probabilities[1]};
  if (detection.probabilities.size() > 2) {
    probabilities.assign(detection.probabilities.begin() + 1, detection.probabilities.end());  // 0 is the background
    float sum = 0;
    for (const float value : probabilities) sum += value;
    for (float& value : probabilities) value = sum > 0 ? value / sum : 0;
    return probabilities;
  }
  if (classes < 2) return {detection.score};
  probabilities.assign(classes, (1 - detection.score) / static_cast<float>(classes - 1));
  probabilities[0] = detection.score;  // which class it is does not matter
  return probabilities;
}

double object_frequency(std::span<const Detection> detections, double penalty) {
  std::map<std::string_view, int> counts;
  for (const Detection& detection : detections) ++counts[detection.label];
  double frequency = 0;
  for (const auto& [label, count] : counts) frequency += 1 + (count - 1) * penalty;
  return frequency;
}

double objectness_least_confidence(std::span<const Detection> detections) {
  if (detections.empty()) return 0;
  double sum = 0;
  for (const Detection& detection : detections) sum += detection.score;
  return finite_or_zero(1 - sum / static_cast<double>(detections.size()));
}

double most_uncertain(std::span<const Detection> detections, size_t classes,
                      double (*uncertainty)(std::span<const float>)) {
  double most = 0;
  for (const Detection& detection : detections) {
    most = std::max(most, uncertainty(class_probabilities(detection, classes)));
  }
  return most;
}

// All pixels of a segment are as uncertain as it is.
double mean_uncertainty_of_pixels(std::span<const Detection> segments, size_t classes,
                                  double (*uncertainty)(std::span<const float>)) {
  double sum = 0, pixels = 0;
  for (const Detection& segment : segments) {
    const auto weight = static_cast<double>(segment.pixels);
    sum += weight * uncertainty(class_probabilities(segment, classes));
    pixels += weight;
  }
  return pixels > 0 ? finite_or_zero(sum / pixels) : 0;
}

double uncertainty_of(std::span<const Detection> detections, const ScoreOptions& options,
                      double (*uncertainty)(std::span<const float>)) {
  return options.of_pixels ? mean_uncertainty_of_pixels(detections, options.classes, uncertainty)
                           : most_uncertain(detections, options.classes, uncertainty);
}

}  // namespace

std::optional<DetectionScore> detection_score_named(std::string_view name) {
  if (name == kMeanUncertainty) return DetectionScore::kObjectnessLeastConfidence;
  const auto found = std::ranges::find(kScores, name, &std::pair<std::string_view, DetectionScore>::first);
  return found == kScores.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> detection_score_names() {
  std::vector<std::string> names;
  for (const auto& [name, score] : kScores) names.emplace_back(name);
  return names;
}

double uncertainty_least_confidence(std::span<const float> probabilities) {
  const std::vector<float> p = at_least_two(probabilities);
  const auto classes = static_cast<double>(p.size());
  return finite_or_zero((1 - *std::ranges::max_element(p)) / (1 - 1 / classes));
}

double uncertainty_margin(std::span<const float> probabilities) {
  std::vector<float> p = at_least_two(probabilities);
  std::ranges::partial_sort(p, p.begin() + 2, std::greater<>());
  return finite_or_zero(1 - (p[0] - p[1]));
}

double uncertainty_entropy(std::span<const float> probabilities) {
  const std::vector<float> p = at_least_two(probabilities);
  double entropy = 0;
  for (const float value : p) entropy -= value > 0 ? value * std::log2(static_cast<double>(value)) : 0;
  return finite_or_zero(entropy / std::log2(static_cast<double>(p.size())));
}

double score_image(DetectionScore score, std::span<const Detection> detections, const ScoreOptions& options) {
  switch (score) {
    case DetectionScore::kObjectFrequency:
      return object_frequency(detections, options.frequency_penalty);
    case DetectionScore::kObjectnessLeastConfidence:
      return objectness_least_confidence(detections);
    case DetectionScore::kUncertaintyLeastConfidence:
      return uncertainty_of(detections, options, uncertainty_least_confidence);
    case DetectionScore::kUncertaintyMargin:
      return uncertainty_of(detections, options, uncertainty_margin);
    case DetectionScore::kUncertaintyEntropy:
      break;
  }
  return uncertainty_of(detections, options, uncertainty_entropy);
}

void scale_object_frequencies(std::span<double> values, double min_score) {
  if (values.empty()) return;
  const auto [lowest, highest] = std::ranges::minmax(values);
  for (double& value : values) {
    value = highest > lowest ? min_score + (1 - min_score) * (value - lowest) / (highest - lowest) : min_score;
  }
}

}  // namespace pretag
