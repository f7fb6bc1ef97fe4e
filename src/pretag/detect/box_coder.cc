#include "pretag/detect/box_coder.h"

#include <cmath>

namespace pretag {

Box BoxCoder::decode(const Box& reference, const float* deltas) const {
  static const float kMostLogSize = std::log(1000.0f / 16.0f);  // exp() of a wild delta must stay finite
  const float width = reference.x2 - reference.x1, height = reference.y2 - reference.y1;
  const float center_x = reference.x1 + 0.5f * width, center_y = reference.y1 + 0.5f * height;
  const float dx = deltas[0] / weights[0], dy = deltas[1] / weights[1];
  const float dw = std::min(deltas[2] / weights[2], kMostLogSize), dh = std::min(deltas[3] / weights[3], kMostLogSize);
  const float x = dx * width + center_x, y = dy * height + center_y;
  const float half_width = 0.5f * std::exp(dw) * width, half_height = 0.5f * std::exp(dh) * height;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

Box clip(const Box& box, float height, float width) {
  return {std::clamp(box.x1, 0.0f, width), std::clamp(box.y1, 0.0f, height), std::clamp(box.x2, 0.0f, width),
          std::clamp(box.y2, 0.0f, height)};
}

}  // namespace pretag
