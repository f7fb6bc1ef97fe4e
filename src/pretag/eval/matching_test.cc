#include "pretag/eval/matching.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

// A box whose overlap with {0, 0, 100, 100} is `percent` / 100: it shares the left side and is narrower.
Box overlapping(float percent) { return {0, 0, percent, 100}; }
const MatchObject kObject{{0, 0, 100, 100}, 10000, false};

std::vector<bool> matched(const ImageMatch& match, size_t threshold) {
  std::vector<bool> all;
  for (const auto& detection : match.detections) all.push_back(detection.matched[threshold]);
  return all;
}

TEST(Matching, ThresholdsAreThoseOfCoco) {
  EXPECT_EQ(iou_thresholds().front(), 0.5);
  EXPECT_NEAR(iou_thresholds()[5], 0.75, 1e-12);
  EXPECT_EQ(iou_thresholds().back(), 0.95);
}

TEST(Matching, ADetectionMatchesUpToItsOverlap) {
  const std::vector<MatchDetection> detections = {{overlapping(72), 0.9f}};
  const ImageMatch match = match_image(detections, std::vector{kObject}, kAllAreas);
  EXPECT_EQ(match.objects, 1u);
  for (size_t t = 0; t < kIouThresholds; ++t) EXPECT_EQ(match.detections[0].matched[t], t < 5) << t;  // 0.50 … 0.70
}

TEST(Matching, AnOverlapOfExactlyTheThresholdMatches) {
  const ImageMatch match =
      match_image(std::vector<MatchDetection>{{overlapping(50), 1}}, std::vector{kObject}, kAllAreas);
  EXPECT_TRUE(match.detections[0].matched[0]);
  EXPECT_FALSE(match.detections[0].matched[1]);
}

TEST(Matching, TheSecondDetectionOfAnObjectIsWrong) {
  const std::vector<MatchDetection> detections = {{overlapping(60), 0.9f}, {overlapping(100), 0.8f}};
  const ImageMatch match = match_image(detections, std::vector{kObject}, kAllAreas);
  EXPECT_EQ(matched(match, 0), (std::vector<bool>{true, false}));
  EXPECT_EQ(matched(match, 9), (std::vector<bool>{false, true}));  // at 0.95 the object was still free
}

TEST(Matching, ADetectionTakesTheObjectItOverlapsMost) {
  // The first detection overlaps both; it takes the second, so the first is left for the other detection.
  const std::vector<MatchObject> objects = {{{0, 0, 70, 100}, 7000, false}, {{0, 0, 100, 100}, 10000, false}};
  const std::vector<MatchDetection> detections = {{overlapping(95), 0.9f}, {overlapping(60), 0.8f}};
  EXPECT_EQ(matched(match_image(detections, objects, kAllAreas), 0), (std::vector<bool>{true, true}));
}

TEST(Matching, ACrowdTakesAnyNumberAndCountsNothing) {
  const std::vector<MatchObject> objects = {{{0, 0, 1000, 1000}, 1e6f, true}};
  // Both lie in the crowd, which they hardly cover: for a crowd, the share of the detection counts.
  const std::vector<MatchDetection> detections = {
      {{0, 0, 10, 10}, 0.9f}, {{50, 50, 60, 60}, 0.8f}, {{2000, 0, 2010, 10}, 0.7f}};
  const ImageMatch match = match_image(detections, objects, kAllAreas);
  EXPECT_EQ(match.objects, 0u);
  EXPECT_TRUE(match.detections[0].ignored[9]);
  EXPECT_TRUE(match.detections[1].ignored[9]);
  EXPECT_FALSE(match.detections[2].ignored[0]);
  EXPECT_FALSE(match.detections[2].matched[0]);
}

TEST(Matching, AnObjectThatCountsGoesBeforeACrowd) {
  // The crowd holds all of the detection (overlap 1), the object only 0.6 of it.
  const std::vector<MatchObject> objects = {{{0, 0, 200, 200}, 40000, true}, kObject};
  const ImageMatch match = match_image(std::vector<MatchDetection>{{overlapping(60), 1}}, objects, kAllAreas);
  EXPECT_TRUE(match.detections[0].matched[0]);
  EXPECT_FALSE(match.detections[0].ignored[0]);
  EXPECT_TRUE(match.detections[0].ignored[5]);  // at 0.75 only the crowd is left
}

TEST(Matching, OutsideTheAreaRangeNothingCounts) {
  const std::vector<MatchDetection> detections = {
      {overlapping(100), 0.9f}, {{500, 500, 600, 600}, 0.8f}, {{300, 300, 310, 310}, 0.7f}};
  const ImageMatch match = match_image(detections, std::vector{kObject}, kSmallArea);
  EXPECT_EQ(match.objects, 0u);
  EXPECT_TRUE(match.detections[0].ignored[0]);   // found the large object
  EXPECT_TRUE(match.detections[1].ignored[0]);   // found nothing, and is large itself
  EXPECT_FALSE(match.detections[2].ignored[0]);  // small and wrong
}

TEST(Matching, TheEndsOfARangeBelongToBothRanges) {
  const std::vector<MatchObject> objects = {{{0, 0, 32, 32}, 1024, false}};
  EXPECT_EQ(match_image({}, objects, kSmallArea).objects, 1u);
  EXPECT_EQ(match_image({}, objects, kMediumArea).objects, 1u);
  EXPECT_EQ(match_image({}, objects, kLargeArea).objects, 0u);
}

TEST(Matching, BoxesWithoutAreaMatchNothing) {
  const std::vector<MatchObject> objects = {{{5, 5, 5, 5}, 0, false}};
  const ImageMatch match = match_image(std::vector<MatchDetection>{{{5, 5, 5, 5}, 1}}, objects, kAllAreas);
  EXPECT_FALSE(match.detections[0].matched[0]);
}

}  // namespace
}  // namespace pretag
