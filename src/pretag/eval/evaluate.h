// How good predictions are: COCO's average precision, and what a user sees at one score threshold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/ground_truth.h"
#include "pretag/data/prediction.h"
#include "pretag/eval/calibration.h"

namespace pretag {

// What the model and what people say of the same image, in the same pixels.
struct EvalImage {
  Prediction prediction;
  LabelledImage truth;
};

struct EvalOptions {
  std::vector<std::string> classes;  // to evaluate; detections and objects of others do not count at all
  float score_threshold = 0.5f;      // for the counts; average precision uses every detection
};

// 0..1, as COCOeval.summarize names and computes them: the 100 best detections an image, IoU 0.50:0.05:0.95. Nothing
// where no object of that kind is labelled. Over classes: the mean of those that have a value.
struct EvalScores {
  std::optional<double> ap, ap50, ap75;
  std::optional<double> ap_small, ap_medium, ap_large;  // area up to 32², 96², beyond
  std::optional<double> ar1, ar10, ar100;               // recall with 1, 10, 100 detections an image
};

// With the detections from the score threshold on, matched at IoU 0.5. Crowds and what lies in them do not count.
struct EvalCounts {
  int64_t objects = 0;  // labelled
  int64_t right = 0;    // detections that found one
  int64_t wrong = 0;    // detections that did not
  // Mean over the images of |detected - labelled|: how far off the object count of an image is.
  double count_error = 0;

  int64_t detected() const { return right + wrong; }
  int64_t missed() const { return objects - right; }
  std::optional<double> precision() const;  // nothing without detections
  std::optional<double> recall() const;     // nothing without objects
  std::optional<double> f1() const;         // nothing without either
  // What a histogram of the detections is off by: detected / objects - 1. Nothing without objects.
  std::optional<double> bias() const;
};

struct ClassEval {
  std::string name;
  EvalScores scores;
  EvalCounts counts;
  Calibration calibration;  // of the 100 best detections an image, matched at IoU 0.5
};

struct EvalResult {
  size_t images = 0;
  float score_threshold = 0;
  EvalScores mean;                 // over the classes
  EvalCounts total;                // sums over the classes, each error too
  Calibration calibration;         // of the detections of all classes
  std::vector<ClassEval> classes;  // in the order of the options
};

// The order of the images decides between equal scores. Detections may come in any order.
EvalResult evaluate(std::span<const EvalImage> images, const EvalOptions& options);

}  // namespace pretag
