#include "pretag/detect/two_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

// A square of `side` pixels of class `class_index` out of two.
RoiDetection square(float left, float side, float score, int class_index = 1) {
  RoiDetection found;
  found.box_in_net = {left, 10, left + side, 10 + side};
  found.class_index = class_index;
  found.score = score;
  found.probabilities = {1 - score, 0, 0};
  found.probabilities[static_cast<size_t>(class_index)] = score;
  return found;
}

float sum_of(const RoiDetection& found) {
  float sum = 0;
  for (const float probability : found.probabilities) sum += probability;
  return sum;
}

TEST(FuseViews, LeavesSmallObjectsToTheFullSize) {
  const auto fused = fuse_views({square(0, 40, 0.9f)}, {square(100, 40, 0.8f), square(0, 47, 0.7f)}, {});
  ASSERT_EQ(fused.size(), 1u);
  EXPECT_EQ(fused[0].score, 0.9f);
  EXPECT_EQ(fused[0].box_in_net.x2, 40);
}

TEST(FuseViews, WeighsWhatBothHaveFound) {
  const auto fused = fuse_views({square(0, 200, 0.4f)}, {square(10, 200, 0.8f)}, {});
  ASSERT_EQ(fused.size(), 1u);
  EXPECT_NEAR(fused[0].score, 0.3f * 0.4f + 0.7f * 0.8f, 1e-6);
  EXPECT_NEAR(fused[0].box_in_net.x1, 10 * 0.56f / 0.68f, 1e-4);
  EXPECT_NEAR(fused[0].box_in_net.y1, 10, 1e-4);
  EXPECT_NEAR(fused[0].probabilities[1], fused[0].score, 1e-6);
  EXPECT_NEAR(sum_of(fused[0]), 1, 1e-6);
}

TEST(FuseViews, TrustsWhatOnlyOneHasFoundAsFarAsThatIsGoodForItsSize) {
  const auto fused = fuse_views({square(0, 200, 0.9f)}, {square(500, 200, 0.8f), square(900, 72, 0.6f)}, {});
  ASSERT_EQ(fused.size(), 3u);
  EXPECT_NEAR(fused[0].score, 0.7f * 0.8f, 1e-6);   // half size alone, large
  EXPECT_NEAR(fused[1].score, 0.3f * 0.9f, 1e-6);   // full size alone, large
  EXPECT_NEAR(fused[2].score, 0.35f * 0.6f, 1e-6);  // half size alone, between
  for (const RoiDetection& found : fused) {
    EXPECT_NEAR(found.probabilities[1], found.score, 1e-6);
    EXPECT_NEAR(sum_of(found), 1, 1e-6);
  }
}

TEST(FuseViews, KeepsClassesApart) {
  const auto fused = fuse_views({square(0, 200, 0.9f, 1)}, {square(0, 200, 0.8f, 2)}, {});
  ASSERT_EQ(fused.size(), 2u);
  EXPECT_EQ(fused[0].class_index, 2);
  EXPECT_EQ(fused[1].class_index, 1);
}

TEST(FuseViews, MatchesTheBestPairOnce) {
  const auto fused =
      fuse_views({square(0, 200, 0.9f), square(130, 200, 0.8f)}, {square(128, 200, 0.9f), square(126, 200, 0.5f)}, {});
  ASSERT_EQ(fused.size(), 2u) << "the second of the half size is the same object once more";
  EXPECT_NEAR(fused[0].score, 0.3f * 0.8f + 0.7f * 0.9f, 1e-6);
  EXPECT_NEAR(fused[1].score, 0.3f * 0.9f, 1e-6);
}

TEST(FuseViews, LeavesOutWhatIsTooWeakOrTooMuch) {
  EXPECT_TRUE(fuse_views({}, {square(0, 50, 0.9f)}, {.score_threshold = 0.05f}).empty());
  std::vector<RoiDetection> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(square(static_cast<float>(100 * i), 40, 0.9f - 0.01f * static_cast<float>(i)));
  const auto fused = fuse_views(many, {}, {.most = 5});
  ASSERT_EQ(fused.size(), 5u);
  EXPECT_EQ(fused[4].box_in_net.x1, 400);
}

}  // namespace
}  // namespace pretag
