// Average precision and recall of one class from its matches, as pycocotools' COCOeval.accumulate computes them.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "pretag/eval/matching.h"

namespace pretag {

// At each IoU threshold; 0..1.
struct AveragePrecision {
  std::array<double, kIouThresholds>
      precision{};  // the mean over 101 recalls 0, 0.01 … 1 of the best precision from there on
  std::array<double, kIouThresholds> recall{};  // with all detections
};

// `matches` of all images, in the order that decides between equal scores; of each, the first `max_detections` count.
// Nothing where no object counts: neither precision nor recall is defined.
std::optional<AveragePrecision> average_precision(std::span<const ImageMatch> matches, size_t max_detections);

}  // namespace pretag
