#include "pretag/eval/calibration.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(Calibration, ScoresThatAreRightAsOftenAsTheySayHaveNoError) {
  Calibration calibration;
  for (int i = 0; i < 4; ++i) calibration.add(0.75f, i < 3);
  for (int i = 0; i < 4; ++i) calibration.add(0.25f, i < 1);
  EXPECT_DOUBLE_EQ(*calibration.error(), 0);
}

TEST(Calibration, IsTheMeanDistanceOverTheDetections) {
  Calibration calibration;
  calibration.add(0.75f, false);                              // off by 0.75
  for (int i = 0; i < 3; ++i) calibration.add(0.25f, false);  // off by 0.25 each
  EXPECT_DOUBLE_EQ(*calibration.error(), (0.75 + 3 * 0.25) / 4);
}

TEST(Calibration, TooHighAndTooLowScoresOfDifferentBinsDoNotCancelOut) {
  Calibration calibration;
  calibration.add(1.0f, false);
  calibration.add(0.0f, true);
  EXPECT_DOUBLE_EQ(*calibration.error(), 1);
  EXPECT_EQ(calibration.bins.front().detections, 1);
  EXPECT_EQ(calibration.bins.back().detections, 1);
}

TEST(Calibration, AddsUpAndIsUndefinedWithoutDetections) {
  Calibration a, b;
  EXPECT_FALSE(a.error());
  b.add(0.5f, true);
  a.add(b);
  a.add(b);
  EXPECT_EQ(a.bins[5].detections, 2);
  EXPECT_EQ(a.bins[5].right, 2);
  EXPECT_DOUBLE_EQ(*a.error(), 0.5);
}

}  // namespace
}  // namespace pretag
