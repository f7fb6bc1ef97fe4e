#include "pretag/nn/nms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace pretag {
namespace {

float overlap(const SortedBoxes& b, size_t i, size_t j) {
  const float w = std::min(b.x2[i], b.x2[j]) - std::max(b.x1[i], b.x1[j]);
  const float h = std::min(b.y2[i], b.y2[j]) - std::max(b.y1[i], b.y1[j]);
  const float inter = std::max(w, 0.0f) * std::max(h, 0.0f);
  const float a = (b.x2[i] - b.x1[i]) * (b.y2[i] - b.y1[i]), c = (b.x2[j] - b.x1[j]) * (b.y2[j] - b.y1[j]);
  return inter / (a + c - inter);
}

TEST(Nms, KeepsABoxUnlessAKeptOneOverlapsItTooMuch) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> position(0, 100), size(5, 60);
  SortedBoxes boxes;
  for (int i = 0; i < 500; ++i) {
    const float x = position(generator), y = position(generator);
    boxes.push_back(x, y, x + size(generator), y + size(generator));
  }
  const std::vector<int> kept = nms(boxes, 0.5f);
  std::vector<int> expected;
  for (size_t i = 0; i < boxes.size(); ++i) {
    const bool free = std::ranges::all_of(expected, [&](int k) { return overlap(boxes, k, i) <= 0.5f; });
    if (free) expected.push_back(static_cast<int>(i));
  }
  EXPECT_EQ(kept, expected);
  EXPECT_LT(kept.size(), boxes.size());
}

TEST(Nms, KeepsBoxesThatOverlapExactlyAtTheThreshold) {
  SortedBoxes boxes;
  boxes.push_back(0, 0, 10, 10);
  boxes.push_back(0, 0, 10, 5);  // IoU 0.5
  EXPECT_EQ(nms(boxes, 0.5f), (std::vector<int>{0, 1}));
  EXPECT_EQ(nms(boxes, 0.49f), (std::vector<int>{0}));
}

TEST(Nms, OfNothingIsNothing) { EXPECT_TRUE(nms({}, 0.5f).empty()); }

}  // namespace
}  // namespace pretag
