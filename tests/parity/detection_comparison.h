// Final detections compared: exactly (but for rounding), or by recall for precisions that round differently.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pretag/data/box.h"

namespace pretag {

struct LabelledBox {
  Box box_in_image;
  int label = 0;  // class index
  float score = 0;
};

// From the stages "boxes", "labels" and "scores": a golden's or ours.
template <class StageMap>
std::vector<LabelledBox> detections_of(const StageMap& stages);

// Row `row` of a (rows, 4) stage.
Box box_at(std::span<const float> boxes, size_t row);
// Largest difference of a coordinate; infinite if one is NaN.
double box_distance(const Box& a, const Box& b);
// |a - b|; infinite if one is NaN.
double value_distance(double a, double b);
std::string box_text(const Box& box);

// Empty if both hold the same detections in the same order: same labels, boxes within `box_pixels`, scores within
// `score`. Detections whose scores are closer than `score` may have changed places. Else the first difference.
// `largest_distance` becomes the largest box_distance of a pair.
std::string compare_detections(const std::vector<LabelledBox>& golden, const std::vector<LabelledBox>& actual,
                               double box_pixels, double score, double& largest_distance);

struct DetectionRecall {
  int wanted = 0, found = 0;
  std::string misses;  // one line each

  DetectionRecall& operator+=(const DetectionRecall& other) {
    wanted += other.wanted;
    found += other.found;
    misses += other.misses;
    return *this;
  }
};

// How many of `golden` with a score of at least `min_score` have one in `actual` with the same label and an IoU of at
// least `min_iou`.
DetectionRecall detection_recall(const std::vector<LabelledBox>& golden, const std::vector<LabelledBox>& actual,
                                 float min_score, float min_iou);

template <class StageMap>
std::vector<LabelledBox> detections_of(const StageMap& stages) {
  const auto &boxes = stages.at("boxes").values, &labels = stages.at("labels").values,
             &scores = stages.at("scores").values;
  std::vector<LabelledBox> detections;
  for (size_t i = 0; i < scores.size(); ++i) {
    detections.push_back({box_at(boxes, i), static_cast<int>(labels[i]), scores[i]});
  }
  return detections;
}

}  // namespace pretag
