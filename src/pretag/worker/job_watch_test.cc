#include "pretag/worker/job_watch.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

// What the watch of a locked job says when the server answers so.
class JobWatchTest : public ::testing::Test {
 protected:
  JobWatch::Verdict look(const HttpAnswer& answer) {
    answer_ = answer;
    return JobWatch(api, scheduled, kNever, stop, cancel).look();
  }

  static constexpr double kNever = 1e6;
  const HttpAnswer kLocked{200, R"([{"id": "5", "datasetId": "d", "state": "LOCKED"}])", 0};
  Result<HttpAnswer> answer_ = kLocked;
  const ScriptedHttpClient http{[this](const HttpCall&) { return answer_; }};
  const ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  const ApiClient api{transport};
  ManualClock clock;
  const ScheduledRun scheduled{
      .id = "5", .dataset_id = "d", .config_id = {}, .priority = {}, .state = {}, .runs_on = {}};
  std::atomic<bool> stop = false, cancel = false;
};

TEST_F(JobWatchTest, AJobWhoseDatasetIsDeletedIsStopped) {
  EXPECT_EQ(look({404, R"({"code": "DATASET_UNKNOWN", "error": "there is no such dataset"})", 0}),
            JobWatch::Verdict::kLost);
  EXPECT_TRUE(cancel);
}

TEST_F(JobWatchTest, AServerThatFailsChangesNothing) {
  EXPECT_EQ(look({503, "", 0}), JobWatch::Verdict::kOurs);
  EXPECT_EQ(look(kLocked), JobWatch::Verdict::kOurs);
  EXPECT_FALSE(cancel);
}

TEST_F(JobWatchTest, ALockThatRanOutStopsTheJob) {
  EXPECT_EQ(look({200, R"([{"id": "5", "datasetId": "d", "state": "OPEN"}])", 0}), JobWatch::Verdict::kLost);
  EXPECT_TRUE(cancel);
}

TEST_F(JobWatchTest, WhatMayHaveHappenedWhileTheServerWasAwayIsNotForgotten) {
  for (const bool for_long : {false, true}) {
    JobWatch watch(api, scheduled, kNever, stop, cancel, clock);
    watch.look();
    EXPECT_FALSE(watch.has_lost_sight());
    answer_ = Error{ErrorCode::kIo, "connection refused"};
    watch.look();
    EXPECT_TRUE(watch.has_lost_sight()) << "it is away now";
    clock.advance(for_long ? 40 : 10);
    answer_ = kLocked;
    EXPECT_EQ(watch.look(), JobWatch::Verdict::kOurs);
    EXPECT_EQ(watch.has_lost_sight(), for_long) << "perhaps it is another worker's lock by now";
  }
}

}  // namespace
}  // namespace pretag
