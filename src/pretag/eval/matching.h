// Which detection found which object: the matching of the COCO evaluation, as pycocotools' COCOeval.evaluateImg does it
// (github.com/cocodataset/cocoapi), so that the numbers are the ones people compare.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "pretag/data/box.h"

namespace pretag {

inline constexpr size_t kIouThresholds = 10;
// 0.50, 0.55 … 0.95, with the rounding of numpy.linspace.
const std::array<double, kIouThresholds>& iou_thresholds();

// An object counts in a range if its area, in square pixels, lies in it, ends included.
struct AreaRange {
  double smallest = 0, largest = 1e10;
};
inline constexpr AreaRange kAllAreas{};
inline constexpr AreaRange kSmallArea{0, 32.0 * 32};
inline constexpr AreaRange kMediumArea{32.0 * 32, 96.0 * 96};
inline constexpr AreaRange kLargeArea{96.0 * 96, 1e10};

// One class in one image. All boxes in the same pixels.
struct MatchDetection {
  Box box;
  float score = 0;
};
struct MatchObject {
  Box box;
  float area = 0;      // square pixels
  bool crowd = false;  // never counts, and any number of detections may lie in it
};

// What became of the detections, in the order in which they came.
struct ImageMatch {
  struct Detection {
    float score = 0;
    std::array<bool, kIouThresholds> matched{};  // with an object, at each threshold
    std::array<bool, kIouThresholds> ignored{};  // neither right nor wrong: matched an object that does not count, or
                                                 // matched none and lies outside the area range
  };
  std::vector<Detection> detections;
  size_t objects = 0;  // those that count
};

// `detections` by falling score; the caller cuts them to the most an image may have. Detections choose in that order
// the free object that they overlap most. An object that does not count is chosen only if no other is left.
ImageMatch match_image(std::span<const MatchDetection> detections, std::span<const MatchObject> objects,
                       AreaRange range);

}  // namespace pretag
