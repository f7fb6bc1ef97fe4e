// Active-learning scores of predictions: how much could be learnt from labelling an image. All 0..1, high = important.
// As in the lightly Python package's active_learning.scorers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/prediction.h"

namespace pretag {

enum class DetectionScore {
  kObjectFrequency,             // many objects of many classes; see ObjectFrequency
  kObjectnessLeastConfidence,   // 1 - mean score; 0 without objects
  kUncertaintyLeastConfidence,  // the three of classification, of the most uncertain object, or the mean of all
                                // pixels; 0 without objects
  kUncertaintyMargin,
  kUncertaintyEntropy,
};

std::optional<DetectionScore> detection_score_named(std::string_view name);
// Each once, as the detector's are uploaded.
std::vector<std::string> detection_score_names();
// What kObjectnessLeastConfidence is called of keypoints: an object's score is then the mean of their confidences.
inline constexpr std::string_view kMeanUncertainty = "mean_uncertainty";

// Of a probability vector: scaled so that a sure one is 0 and a uniform one 1. A single p is taken as p and 1 - p; an
// empty vector and one with NaN are 0.
double uncertainty_least_confidence(std::span<const float> probabilities);
double uncertainty_margin(std::span<const float> probabilities);
double uncertainty_entropy(std::span<const float> probabilities);

// Of one image; object frequency is that before scaling, see scale_object_frequencies(). A detection without
// probabilities is taken to have its score on its label and the rest spread evenly over the other classes; those with,
// are compared among the classes (without the background, and made to sum to 1; a single class with the background).
struct ScoreOptions {
  size_t classes = 1;               // how many the task has
  double frequency_penalty = 0.25;  // worth of a second object of the same class
  double min_score = 0.9;           // what the image with the least is mapped to
  bool of_pixels = false;           // the detections are segments: uncertainty is the mean of the pixels they cover
};
double score_image(DetectionScore score, std::span<const Detection> detections, const ScoreOptions& options);

// Maps the lowest value of the dataset to min_score and the highest to 1, as the last step of object frequency.
void scale_object_frequencies(std::span<double> values, double min_score);

}  // namespace pretag
