// An axis-aligned box. The frame is in the variable's name: box_in_image (pixels of the EXIF-oriented image),
// box_in_net (pixels of the resized network input).
#pragma once

#include <algorithm>

namespace pretag {

// Corners in pixels, continuous coordinates: x grows to the right, y downwards, x1 <= x2 and y1 <= y2.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  float area() const { return width() * height(); }
  bool operator==(const Box&) const = default;
};

// Intersection over union, 0 for boxes without area.
inline float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const float intersection = width * height;
  return intersection / (a.area() + b.area() - intersection);
}

}  // namespace pretag
