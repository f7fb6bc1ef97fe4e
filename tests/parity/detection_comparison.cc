#include "parity/detection_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace pretag {

namespace {

std::string text(const LabelledBox& detection) {
  return fmt::format("label {} score {:.4f} {}", detection.label, detection.score, box_text(detection.box_in_image));
}

}  // namespace

Box box_at(std::span<const float> boxes, size_t row) {
  return {boxes[row * 4], boxes[row * 4 + 1], boxes[row * 4 + 2], boxes[row * 4 + 3]};
}

double value_distance(double a, double b) {
  const double distance = std::abs(a - b);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

double box_distance(const Box& a, const Box& b) {
  return std::max(
      {value_distance(a.x1, b.x1), value_distance(a.y1, b.y1), value_distance(a.x2, b.x2), value_distance(a.y2, b.y2)});
}

std::string box_text(const Box& box) {
  return fmt::format("({:.3f}, {:.3f}, {:.3f}, {:.3f})", box.x1, box.y1, box.x2, box.y2);
}

std::string compare_detections(const std::vector<LabelledBox>& golden, const std::vector<LabelledBox>& actual,
                               double box_pixels, double score, double& largest_distance) {
  if (actual.size() != golden.size()) {
    return fmt::format("{} detections, torchvision has {}", actual.size(), golden.size());
  }
  std::vector<bool> is_taken(actual.size(), false);
  for (size_t i = 0; i < golden.size(); ++i) {
    const auto fits = [&](size_t j) {
      const bool is_in_place = i == j || value_distance(golden[i].score, golden[j].score) <= score;
      return is_in_place && !is_taken[j] && actual[j].label == golden[i].label &&
             value_distance(actual[j].score, golden[i].score) <= score &&
             box_distance(actual[j].box_in_image, golden[i].box_in_image) <= box_pixels;
    };
    std::optional<size_t> match;
    if (fits(i)) match = i;
    for (size_t j = 0; j < actual.size() && !match; ++j) {
      if (fits(j)) match = j;
    }
    if (!match) return fmt::format("detection {} is {}, torchvision has {}", i, text(actual[i]), text(golden[i]));
    is_taken[*match] = true;
    largest_distance = std::max(largest_distance, box_distance(actual[*match].box_in_image, golden[i].box_in_image));
  }
  return {};
}

DetectionRecall detection_recall(const std::vector<LabelledBox>& golden, const std::vector<LabelledBox>& actual,
                                 float min_score, float min_iou) {
  DetectionRecall recall;
  for (const LabelledBox& wanted : golden) {
    if (wanted.score < min_score) continue;
    ++recall.wanted;
    const bool is_found = std::ranges::any_of(actual, [&](const LabelledBox& candidate) {
      return candidate.label == wanted.label && iou(candidate.box_in_image, wanted.box_in_image) >= min_iou;
    });
    if (is_found) {
      ++recall.found;
    } else {
      recall.misses += fmt::format("  {}\n", text(wanted));
    }
  }
  return recall;
}

}  // namespace pretag
