// Makes counts right: what to add to a class's logit so that, from the score threshold on, there are as many detections
// as objects. A histogram counts detections; trained on few objects of a class, or looking at smaller images than it
// was trained for, a detector's scores are lower and it counts short. One number a class moves all scores of the class
// in the order they were, so average precision stays (the logit adjustment of Menon et al., 2021, fitted to counts
// instead of priors).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pretag/eval/evaluate.h"

namespace pretag {

struct AlignmentOptions {
  std::vector<std::string> classes;       // in the order of Detection::probabilities, background first
  std::vector<std::string> labelled;      // of those, the ones to align
  std::vector<std::string> switched_off;  // of `classes`: get -10, and the others are aligned to that
  float score_threshold = 0.5f;
  int64_t fewest_objects = 15;  // of a class; fewer say too little about where its scores should be
};

struct ClassAlignment {
  std::string name;
  int64_t objects = 0;  // labelled; crowds and what lies in them do not count
  int64_t before = 0;   // detections from the threshold on
  int64_t after = 0;    // with every class's change
  float change = 0;  // to add to the logit: at most 3 up or down, or -10; 0 if there are too few objects or detections
};

// In the order of `labelled`, then those switched off that are not among them. Every detection must carry its
// probabilities. Detections below the detector's own threshold are not there to be raised above this one, which limits
// what can be reached.
std::vector<ClassAlignment> align_counts(std::span<const EvalImage> images, const AlignmentOptions& options);

}  // namespace pretag
