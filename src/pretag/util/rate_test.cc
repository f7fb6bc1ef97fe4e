#include "pretag/util/rate.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(Rate, IsZeroBeforeAnyTimeHasPassed) {
  Rate rate(100);
  EXPECT_EQ(rate.per_second(), 0);
  rate.add(100, 5);
  EXPECT_EQ(rate.per_second(), 0);
}

TEST(Rate, IsRightFromTheFirstEvents) {
  Rate rate(0);
  rate.add(0.5, 1);
  EXPECT_NEAR(rate.per_second(), 2, 0.05);
}

TEST(Rate, ConvergesToASteadyPace) {
  Rate rate(0);
  for (int second = 1; second <= 300; ++second) rate.add(second, 12);
  EXPECT_NEAR(rate.per_second(), 12, 0.3);
}

TEST(Rate, ForgetsAnOldPaceWithinAFewMemories) {
  Rate rate(0);
  for (int second = 1; second <= 300; ++second) rate.add(second, 100);
  for (int second = 301; second <= 420; ++second) rate.add(second, 10);
  EXPECT_GT(rate.per_second(), 10);
  EXPECT_LT(rate.per_second(), 13);
}

TEST(Rate, FallsWhileNothingHappens) {
  Rate rate(0);
  for (int second = 1; second <= 60; ++second) rate.add(second, 10);
  const double before = rate.per_second();
  rate.add(90, 0);
  EXPECT_LT(rate.per_second(), before / 2);
}

TEST(Rate, CountsEventsOfTheSameInstant) {
  Rate rate(0);
  rate.add(1, 1);
  rate.add(1, 1);
  EXPECT_NEAR(rate.per_second(), 2, 0.1);
}

}  // namespace
}  // namespace pretag
