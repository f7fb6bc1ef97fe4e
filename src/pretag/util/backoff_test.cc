#include "pretag/util/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/manual_clock.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Pauses only move the clock and are noted down.
class BackoffTest : public ::testing::Test {
 protected:
  Backoff of(RetryPolicy policy) {
    policy_ = policy;
    return {policy_, pause_, clock_};
  }

  RetryPolicy policy_;
  ManualClock clock_;
  std::vector<double> pauses_;
  bool stop_ = false;
  const Pause pause_ = [this](double seconds) {
    pauses_.push_back(seconds);
    clock_.advance(seconds);
    return !stop_;
  };
};

TEST_F(BackoffTest, PausesDoubleUpToTheLongest) {
  Backoff backoff = of({.first_pause = 1, .longest_pause = 5, .give_up_after = 100});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_THAT(pauses_, ElementsAre(1, 2, 4, 5, 5));
}

TEST_F(BackoffTest, GivesUpWithoutAPauseOnceTheTimeIsOver) {
  Backoff backoff = of({.first_pause = 4, .longest_pause = 4, .give_up_after = 8});
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kGiveUp);
  EXPECT_THAT(pauses_, ElementsAre(4, 4));
}

TEST_F(BackoffTest, TheTimeThatTheTriesThemselvesTakeCounts) {
  clock_.advance(1000);  // long before the first try
  Backoff backoff = of({.first_pause = 1, .longest_pause = 1, .give_up_after = 60});
  clock_.advance(59);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kGiveUp);
}

TEST_F(BackoffTest, ANamedTimeIsWaitedForUpToTheLongestPause) {
  Backoff backoff = of({.first_pause = 2, .longest_pause = 30, .give_up_after = 100});
  EXPECT_EQ(backoff.wait(12), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(9999), Backoff::Next::kTryAgain);
  EXPECT_THAT(pauses_, ElementsAre(12, 30));
}

TEST_F(BackoffTest, ANamedTimeShortensNoPauseAndDoesNotStopTheDoubling) {
  Backoff backoff = of({.first_pause = 2, .longest_pause = 30, .give_up_after = 100});
  EXPECT_EQ(backoff.wait(1), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(7), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_THAT(pauses_, ElementsAre(2, 7, 8));
}

TEST_F(BackoffTest, AFirstPauseLongerThanTheLongestIsKeptOnce) {
  Backoff backoff = of({.first_pause = 10, .longest_pause = 3, .give_up_after = 100});
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_EQ(backoff.wait(), Backoff::Next::kTryAgain);
  EXPECT_THAT(pauses_, ElementsAre(10, 3));
}

TEST_F(BackoffTest, ARequestToStopEndsIt) {
  Backoff backoff = of({.first_pause = 1, .longest_pause = 1, .give_up_after = 100});
  stop_ = true;
  EXPECT_EQ(backoff.wait(), Backoff::Next::kStopped);
}

TEST_F(BackoffTest, NoTimeAtAllMeansOneTry) {
  Backoff backoff = of({.first_pause = 1, .longest_pause = 1, .give_up_after = 0});
  EXPECT_EQ(backoff.wait(), Backoff::Next::kGiveUp);
  EXPECT_THAT(pauses_, IsEmpty());
}

}  // namespace
}  // namespace pretag
