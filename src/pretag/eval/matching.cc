#include "pretag/eval/matching.h"

#include <algorithm>
#include <optional>

namespace pretag {
namespace {

// In double, as pycocotools. For a crowd: the share of the detection that lies in it.
double overlap(const Box& detection, const Box& object, bool crowd) {
  const double width = std::min<double>(detection.x2, object.x2) - std::max<double>(detection.x1, object.x1);
  const double height = std::min<double>(detection.y2, object.y2) - std::max<double>(detection.y1, object.y1);
  if (width <= 0 || height <= 0) return 0;
  const auto area = [](const Box& box) { return (double{box.x2} - box.x1) * (double{box.y2} - box.y1); };
  const double intersection = width * height;
  return intersection / (crowd ? area(detection) : area(detection) + area(object) - intersection);
}

bool outside(double area, AreaRange range) { return area < range.smallest || area > range.largest; }

struct Candidate {
  MatchObject object;
  bool ignored;
};

// The objects that count first; otherwise in their order.
std::vector<Candidate> in_matching_order(std::span<const MatchObject> objects, AreaRange range) {
  std::vector<Candidate> candidates;
  for (const MatchObject& object : objects) candidates.push_back({object, object.crowd || outside(object.area, range)});
  std::ranges::stable_sort(candidates, {}, &Candidate::ignored);
  return candidates;
}

// The candidate that the detection takes, given its overlaps and which are taken. Of equal overlaps the last wins.
std::optional<size_t> choose(std::span<const double> overlaps, const std::vector<Candidate>& candidates,
                             const std::vector<bool>& taken, double threshold) {
  double best = std::min(threshold, 1 - 1e-10);
  std::optional<size_t> chosen;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (taken[i] && !candidates[i].object.crowd) continue;
    if (chosen && !candidates[*chosen].ignored && candidates[i].ignored) break;
    if (overlaps[i] < best) continue;
    best = overlaps[i];
    chosen = i;
  }
  return chosen;
}

}  // namespace

const std::array<double, kIouThresholds>& iou_thresholds() {
  static const auto thresholds = [] {
    std::array<double, kIouThresholds> values{};
    const double step = (0.95 - 0.5) / (kIouThresholds - 1);
    for (size_t i = 0; i < kIouThresholds; ++i) values[i] = static_cast<double>(i) * step + 0.5;
    values.back() = 0.95;
    return values;
  }();
  return thresholds;
}

ImageMatch match_image(std::span<const MatchDetection> detections, std::span<const MatchObject> objects,
                       AreaRange range) {
  const std::vector<Candidate> candidates = in_matching_order(objects, range);
  std::vector<std::vector<double>> overlaps;
  ImageMatch match;
  match.objects = static_cast<size_t>(std::ranges::count(candidates, false, &Candidate::ignored));
  for (const MatchDetection& detection : detections) {
    auto& row = overlaps.emplace_back();
    for (const auto& [object, ignored] : candidates) row.push_back(overlap(detection.box, object.box, object.crowd));
    match.detections.push_back({.score = detection.score});
  }
  for (size_t t = 0; t < kIouThresholds; ++t) {
    std::vector<bool> taken(candidates.size());
    for (size_t d = 0; d < detections.size(); ++d) {
      const auto chosen = choose(overlaps[d], candidates, taken, iou_thresholds()[t]);
      if (chosen) taken[*chosen] = true;
      const Box& box = detections[d].box;
      const double area = (double{box.x2} - box.x1) * (double{box.y2} - box.y1);
      match.detections[d].matched[t] = chosen.has_value();
      match.detections[d].ignored[t] = chosen ? candidates[*chosen].ignored : outside(area, range);
    }
  }
  return match;
}

}  // namespace pretag
