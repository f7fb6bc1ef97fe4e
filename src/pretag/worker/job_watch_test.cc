#include "pretag/worker/job_watch.h"

#include <gtest/gtest.h>

#include "support/scripted_http_client.h"

namespace pretag {
namespace {

// What the watch of a locked job says when the server answers so.
class JobWatchTest : public ::testing::Test {
 protected:
  JobWatch::Verdict look(const HttpAnswer& answer) {
    const ScriptedHttpClient http([&](const HttpCall&) -> Result<HttpAnswer> { return answer; });
    const ApiTransport transport(
        http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {});
    const ApiClient api(transport);
    constexpr double kNever = 1e6;
    return JobWatch(api, scheduled, kNever, stop, cancel).look();
  }

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
  EXPECT_EQ(look({200, R"([{"id": "5", "datasetId": "d", "state": "LOCKED"}])", 0}), JobWatch::Verdict::kOurs);
  EXPECT_FALSE(cancel);
}

TEST_F(JobWatchTest, ALockThatRanOutStopsTheJob) {
  EXPECT_EQ(look({200, R"([{"id": "5", "datasetId": "d", "state": "OPEN"}])", 0}), JobWatch::Verdict::kLost);
  EXPECT_TRUE(cancel);
}

}  // namespace
}  // namespace pretag
