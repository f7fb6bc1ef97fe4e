#include "pretag/eval/average_precision.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace pretag {
namespace {

constexpr size_t kRecalls = 101;

// 0, 0.01 … 1, with the rounding of numpy.linspace: 35 * 0.01 is a bit more than 7 / 20, so that a recall of 7 / 20
// does not reach it. That is part of the numbers that pycocotools gives.
double recall_threshold(size_t i) { return i + 1 == kRecalls ? 1.0 : static_cast<double>(i) * 0.01; }

// The curve after each detection that counts, by falling score.
struct Curve {
  std::vector<double> precision, recall;
};

Curve precision_recall(std::span<const ImageMatch::Detection* const> sorted, size_t threshold, size_t objects) {
  Curve curve;
  double right = 0, wrong = 0;
  for (const ImageMatch::Detection* detection : sorted) {
    // pycocotools repeats the last point for an ignored detection, which changes neither maximum nor search.
    if (detection->ignored[threshold]) continue;
    (detection->matched[threshold] ? right : wrong) += 1;
    curve.recall.push_back(right / static_cast<double>(objects));
    curve.precision.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
  }
  return curve;
}

double mean_precision(Curve curve) {
  // From the right: the best precision at this recall or a higher one.
  for (size_t i = curve.precision.size(); i-- > 1;) {
    curve.precision[i - 1] = std::max(curve.precision[i - 1], curve.precision[i]);
  }
  double sum = 0;
  for (size_t r = 0; r < kRecalls; ++r) {
    const auto at = std::ranges::lower_bound(curve.recall, recall_threshold(r));
    if (at == curve.recall.end()) break;  // never reached: precision 0 from here on
    sum += curve.precision[static_cast<size_t>(at - curve.recall.begin())];
  }
  return sum / kRecalls;
}

}  // namespace

std::optional<AveragePrecision> average_precision(std::span<const ImageMatch> matches, size_t max_detections) {
  size_t objects = 0;
  std::vector<const ImageMatch::Detection*> sorted;
  for (const ImageMatch& match : matches) {
    objects += match.objects;
    const size_t count = std::min(max_detections, match.detections.size());
    for (size_t d = 0; d < count; ++d) sorted.push_back(&match.detections[d]);
  }
  if (objects == 0) return std::nullopt;
  std::ranges::stable_sort(sorted, std::ranges::greater(), &ImageMatch::Detection::score);
  AveragePrecision result;
  for (size_t t = 0; t < kIouThresholds; ++t) {
    const Curve curve = precision_recall(sorted, t, objects);
    result.recall[t] = curve.recall.empty() ? 0 : curve.recall.back();
    result.precision[t] = mean_precision(curve);
  }
  return result;
}

}  // namespace pretag
