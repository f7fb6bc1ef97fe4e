#include "pretag/eval/calibration.h"

#include <algorithm>
#include <cmath>

namespace pretag {

void Calibration::add(float score, bool right) {
  const auto place = static_cast<size_t>(std::clamp(score, 0.0f, 1.0f) * kBins);
  Bin& bin = bins[std::min(place, kBins - 1)];
  ++bin.detections;
  bin.right += right ? 1 : 0;
  bin.score_sum += static_cast<double>(score);
}

void Calibration::add(const Calibration& other) {
  for (size_t i = 0; i < kBins; ++i) {
    bins[i].detections += other.bins[i].detections;
    bins[i].right += other.bins[i].right;
    bins[i].score_sum += other.bins[i].score_sum;
  }
}

std::optional<double> Calibration::error() const {
  int64_t detections = 0;
  double off = 0;
  for (const Bin& bin : bins) {
    detections += bin.detections;
    off += std::abs(static_cast<double>(bin.right) - bin.score_sum);
  }
  if (detections == 0) return std::nullopt;
  return off / static_cast<double>(detections);
}

}  // namespace pretag
