#include "pretag/detect/anchors.h"

#include <cmath>

namespace pretag {

std::vector<Box> base_anchors(float size, const std::vector<float>& aspect_ratios) {
  std::vector<Box> anchors;
  for (const float ratio : aspect_ratios) {
    const float height_ratio = std::sqrt(ratio);
    const float width = 1.0f / height_ratio * size, height = height_ratio * size;
    // nearbyint rounds halves to even, as torch.round does.
    const float half_width = std::nearbyint(width / 2), half_height = std::nearbyint(height / 2);
    anchors.push_back({-half_width, -half_height, half_width, half_height});
  }
  return anchors;
}

}  // namespace pretag
