#include "pretag/detect/box_coder.h"

#include <algorithm>
#include <cmath>

namespace pretag {
namespace {

struct Interval {
  float start, end;
};

Interval visible_part(Interval drawn, float size) {
  const auto inside = [&](float value) { return value > 0 ? std::min(value, size) : 0.0f; };  // of NaN as well
  const Interval part{inside(drawn.start), inside(drawn.end)};
  if (part.end - part.start >= 1) return part;
  const float start = std::clamp((part.start + part.end - 1) / 2, 0.0f, size - 1);
  return {start, start + 1};
}

}  // namespace

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

Box clip_to_visible(const Box& box, float height, float width) {
  const Interval x = visible_part({box.x1, box.x2}, width), y = visible_part({box.y1, box.y2}, height);
  return {x.start, y.start, x.end, y.end};
}

}  // namespace pretag
