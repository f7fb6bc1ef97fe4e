#include "pretag/detect/two_views.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pretag/nn/nms.h"

namespace pretag {
namespace {

constexpr float kSmallest = 48, kLargeSide = 96, kWeightOfLarge = 0.7f;

// How much the half size counts for an object of that size, 0..1.
float half_weight(const Box& box) {
  const float side = std::sqrt(box.area());
  return std::clamp((side - kSmallest) / (kLargeSide - kSmallest), 0.0f, 1.0f) * kWeightOfLarge;
}

// `share` of `of` and the rest of nothing: background.
void weaken(RoiDetection& of, float share) {
  of.score *= share;
  for (float& probability : of.probabilities) probability *= share;
  if (!of.probabilities.empty()) of.probabilities[0] += 1 - share;
}

void merge(RoiDetection& full, const RoiDetection& half, float weight) {
  const float a = (1 - weight) * full.score, b = weight * half.score;
  const auto mean = [&](float of_full, float of_half) { return (a * of_full + b * of_half) / (a + b); };
  Box& box = full.box_in_net;
  const Box& other = half.box_in_net;
  box = {mean(box.x1, other.x1), mean(box.y1, other.y1), mean(box.x2, other.x2), mean(box.y2, other.y2)};
  full.score = a + b;
  for (size_t i = 0; i < full.probabilities.size(); ++i)
    full.probabilities[i] = (1 - weight) * full.probabilities[i] + weight * half.probabilities[i];
}

// By falling score, none twice.
std::vector<RoiDetection> best_of(std::vector<RoiDetection> found, const FusionOptions& options) {
  std::ranges::stable_sort(found, std::greater<>(), &RoiDetection::score);
  std::vector<RoiDetection> kept;
  for (RoiDetection& candidate : found) {
    if (!(candidate.score > options.score_threshold) || kept.size() == static_cast<size_t>(options.most)) break;
    const bool is_known = std::ranges::any_of(kept, [&](const RoiDetection& better) {
      return better.class_index == candidate.class_index &&
             iou(better.box_in_net, candidate.box_in_net) > options.nms_threshold;
    });
    if (!is_known) kept.push_back(std::move(candidate));
  }
  return kept;
}

}  // namespace

std::vector<RoiDetection> fuse_views(std::vector<RoiDetection> full, std::vector<RoiDetection> half,
                                     const FusionOptions& options) {
  std::vector<Box> boxes;  // as they were found
  for (const RoiDetection& detection : full) boxes.push_back(detection.box_in_net);
  std::vector<bool> is_matched(full.size());
  std::vector<RoiDetection> others;
  for (RoiDetection& candidate : half) {
    const float weight = half_weight(candidate.box_in_net);
    if (weight <= 0) continue;
    float best = options.nms_threshold;
    size_t match = full.size();
    for (size_t i = 0; i < full.size(); ++i) {
      if (is_matched[i] || full[i].class_index != candidate.class_index) continue;
      const float overlap = iou(boxes[i], candidate.box_in_net);
      if (overlap > best) best = overlap, match = i;
    }
    if (match < full.size()) {
      is_matched[match] = true;
      merge(full[match], candidate, weight);
    } else {
      weaken(candidate, weight);
      others.push_back(std::move(candidate));
    }
  }
  for (size_t i = 0; i < full.size(); ++i) {
    if (!is_matched[i]) weaken(full[i], 1 - half_weight(boxes[i]));
  }
  std::ranges::move(others, std::back_inserter(full));
  return best_of(std::move(full), options);
}

}  // namespace pretag
