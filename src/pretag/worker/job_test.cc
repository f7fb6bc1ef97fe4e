#include "pretag/worker/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

// A job that this worker has locked, at a server that a test lets fail.
class JobTest : public ::testing::Test {
 protected:
  Result<JobOutcome> run() {
    WorkerSettings settings;
    const auto log = [](const std::string&) {};
    return do_job({.api = api_,
                   .files = files_,
                   .settings = settings,
                   .worker_id = "w",
                   .model_folders = {},
                   .log = log,
                   .stop = stop_},
                  scheduled_);
  }
  bool was_told(const std::string& state) const {
    return std::ranges::any_of(http_.calls(), [&](const HttpCall& call) {
      return call.method == "PUT" && call.body.find("\"state\":\"" + state + "\"") != std::string::npos;
    });
  }

  Result<HttpAnswer> answer(const HttpCall& call) const {
    const auto has = [&](const char* part) { return call.url.find(part) != std::string::npos; };
    if (has("/v1/docker/runs/schedule/5?")) return HttpAnswer{200, R"({"id": "r", "state": "STARTED"})", 0};
    if (is_away_) return Error{ErrorCode::kIo, "connection refused"};
    if (call.method == "PUT") return HttpAnswer{204, "", 0};
    if (has("/docker/worker/schedule?")) {
      return sees_schedule_ ? HttpAnswer{200, R"([{"id": "5", "datasetId": "d", "state": "LOCKED"}])", 0}
                            : HttpAnswer{503, "", 0};
    }
    if (has("/v1/datasets/d?")) return dataset_;
    if (has("/datasource/all?")) return HttpAnswer{200, R"([{"type": "LOCAL", "purpose": "INPUT"}])", 0};
    if (has("/worker/config/vX/c?")) return HttpAnswer{200, R"({"config": {"selection": )" + selection_ + "}}", 0};
    return HttpAnswer{404, R"({"error": "there is no such thing"})", 0};
  }

  bool is_away_ = false, sees_schedule_ = true;
  HttpAnswer dataset_{200, R"({"id": "d", "name": "images", "type": "Images"})", 0};
  const std::string selection_ = R"({"nSamples": 1, "strategies": [
      {"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]})";
  const std::atomic<bool> stop_ = false;
  MemoryFileSystem memory_;
  FaultyFileSystem files_{memory_};
  const ScheduledRun scheduled_{
      .id = "5", .dataset_id = "d", .config_id = "c", .priority = {}, .state = {}, .runs_on = {}};
  const ScriptedHttpClient http_{[this](const HttpCall& call) { return answer(call); }};
  const RetryPolicy patience_{.first_pause = 0.01, .longest_pause = 0.01, .give_up_after = 0.05};
  const ApiTransport transport_{
      http_, {.location = "http://server", .token = "t"}, patience_, pause_until(stop_), [](auto&) {}};
  const ApiClient api_{transport_};
};

TEST_F(JobTest, WhatAServerThatIsThereRefusesIsTheJobsFailure) {
  for (const int status : {400, 500}) {
    dataset_ = {status, R"({"error": "it is broken"})", 0};
    const auto outcome = run();
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    EXPECT_TRUE(was_told("FAILED") && was_told("DONE"));
  }
}

TEST_F(JobTest, AServerThatIsAwayIsNotTheJobsFailure) {
  is_away_ = true;
  const auto outcome = run();
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.error().message, HasSubstr("connection refused"));
  EXPECT_FALSE(was_told("FAILED") || was_told("DONE"));
}

// Another worker may have it by now.
TEST_F(JobTest, AFailureIsNotToldOfAJobThatIsOutOfSight) {
  dataset_ = {400, R"({"error": "it is broken"})", 0};
  sees_schedule_ = false;
  const auto outcome = run();
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.error().message, HasSubstr("it is broken"));
  EXPECT_FALSE(was_told("FAILED") || was_told("DONE"));
}

TEST_F(JobTest, AFullDiskIsNotTheJobsFailure) {
  files_.fail_writes_after(0);
  const auto outcome = run();
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.error().message, HasSubstr("No space left on device"));
  EXPECT_FALSE(was_told("FAILED") || was_told("DONE"));
}

}  // namespace
}  // namespace pretag
