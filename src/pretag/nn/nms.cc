#include "pretag/nn/nms.h"

#include <algorithm>
#include <cstdint>

#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// Marks what box `i` suppresses among those after it.
PRETAG_MULTIVERSION void suppress(const SortedBoxes& boxes, const float* area, size_t i, float threshold,
                                  int32_t* suppressed) {
  const float *x1 = boxes.x1.data(), *y1 = boxes.y1.data(), *x2 = boxes.x2.data(), *y2 = boxes.y2.data();
  const float left = x1[i], top = y1[i], right = x2[i], bottom = y2[i], own = area[i];
  const size_t count = boxes.size();
  for (size_t j = i + 1; j < count; ++j) {
    const float width = std::max(std::min(right, x2[j]) - std::max(left, x1[j]), 0.0f);
    const float height = std::max(std::min(bottom, y2[j]) - std::max(top, y1[j]), 0.0f);
    const float intersection = width * height;
    suppressed[j] |= intersection / (own + area[j] - intersection) > threshold ? 1 : 0;
  }
}

}  // namespace

std::vector<int> nms(const SortedBoxes& boxes, float threshold) {
  std::vector<float> area(boxes.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    area[i] = (boxes.x2[i] - boxes.x1[i]) * (boxes.y2[i] - boxes.y1[i]);
  }
  std::vector<int32_t> suppressed(boxes.size());
  std::vector<int> kept;
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (suppressed[i]) continue;
    kept.push_back(static_cast<int>(i));
    suppress(boxes, area.data(), i, threshold, suppressed.data());
  }
  return kept;
}

}  // namespace pretag
