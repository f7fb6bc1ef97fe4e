// Greedy non-maximum suppression, as torchvision.ops.nms.
#pragma once

#include <span>
#include <vector>

namespace pretag {

// Corners of n boxes in separate arrays, by falling score: what the inner loop wants.
struct SortedBoxes {
  std::vector<float> x1, y1, x2, y2;
  size_t size() const { return x1.size(); }
  void push_back(float left, float top, float right, float bottom) {
    x1.push_back(left), y1.push_back(top), x2.push_back(right), y2.push_back(bottom);
  }
};

// Indices of the boxes that stay, in order: each is kept unless a kept one before it overlaps it by more than
// `threshold` (IoU).
std::vector<int> nms(const SortedBoxes& boxes, float threshold);

}  // namespace pretag
