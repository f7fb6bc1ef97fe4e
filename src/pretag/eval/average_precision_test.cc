#include "pretag/eval/average_precision.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

// An image with these (score, right?) detections, the same at every threshold.
ImageMatch image(size_t objects, std::vector<std::pair<float, bool>> detections) {
  ImageMatch match;
  match.objects = objects;
  for (const auto& [score, right] : detections) {
    auto& detection = match.detections.emplace_back();
    detection.score = score;
    detection.matched.fill(right);
  }
  return match;
}

double precision(const std::vector<ImageMatch>& matches) { return average_precision(matches, 100)->precision[0]; }

TEST(AveragePrecision, IsUndefinedWithoutObjects) {
  EXPECT_FALSE(average_precision(std::vector{image(0, {{0.9f, false}})}, 100));
  EXPECT_FALSE(average_precision({}, 100));
}

TEST(AveragePrecision, IsZeroWithoutDetectionsAndOneIfAllIsRight) {
  EXPECT_EQ(precision({image(3, {})}), 0);
  EXPECT_NEAR(precision({image(2, {{0.9f, true}, {0.8f, true}})}), 1, 1e-12);
}

TEST(AveragePrecision, OfRightWrongRight) {
  // Two objects; right, wrong, right. Recall 1/2, 1/2, 1; precision 1, 1/2, 2/3, made falling: 1, 2/3, 2/3.
  // Of the 101 recalls, 0 … 0.50 (51) have precision 1 and 0.51 … 1 (50) have 2/3.
  const double expected = (51 * 1.0 + 50 * (2.0 / 3)) / 101;
  EXPECT_NEAR(precision({image(2, {{0.9f, true}, {0.8f, false}, {0.7f, true}})}), expected, 1e-12);
}

TEST(AveragePrecision, StopsWhereRecallStops) {
  // Four objects, one found: recall 0.25, so 0 … 0.25 (26) have precision 1, the other 75 have 0.
  EXPECT_NEAR(precision({image(4, {{0.9f, true}})}), 26.0 / 101, 1e-12);
  EXPECT_EQ(average_precision(std::vector{image(4, {{0.9f, true}})}, 100)->recall[0], 0.25);
}

TEST(AveragePrecision, RanksDetectionsOfAllImagesTogether) {
  // By score: wrong (0.9, image 2), right (0.8, image 1): precision 0, 1/2 → 1/2 at every recall.
  EXPECT_NEAR(precision({image(1, {{0.8f, true}}), image(0, {{0.9f, false}})}), 0.5, 1e-12);
}

TEST(AveragePrecision, EqualScoresKeepTheOrderOfTheImages) {
  EXPECT_NEAR(precision({image(1, {{0.5f, true}}), image(0, {{0.5f, false}})}), 1.0, 1e-12);
  EXPECT_NEAR(precision({image(0, {{0.5f, false}}), image(1, {{0.5f, true}})}), 0.5, 1e-12);
}

TEST(AveragePrecision, IgnoredDetectionsCountNeitherWay) {
  ImageMatch match = image(1, {{0.9f, false}, {0.8f, true}});
  match.detections[0].ignored.fill(true);
  EXPECT_NEAR(precision({match}), 1.0, 1e-12);
}

TEST(AveragePrecision, TakesTheFirstDetectionsOfEachImage) {
  const std::vector matches = {image(2, {{0.9f, true}, {0.8f, true}}), image(2, {{0.7f, true}, {0.6f, true}})};
  EXPECT_EQ(average_precision(matches, 1)->recall[0], 0.5);
  EXPECT_EQ(average_precision(matches, 2)->recall[0], 1.0);
}

}  // namespace
}  // namespace pretag
