#include "pretag/worker/worker_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A server with one job, which makes no run of it and has the worker stop then.
class WorkerLoopTest : public ::testing::Test {
 protected:
  Status work_until_stopped() {
    const auto log = [this](const std::string& line) { log_.push_back(line); };
    return work({.api = api_, .files = files_, .settings = settings_, .model_folders = {}, .log = log, .stop = stop_});
  }

  Result<HttpAnswer> answer(const HttpCall& call) {
    const auto has = [&](const char* part) { return call.url.find(part) != std::string::npos; };
    if (has("/worker/w/schedule/5?")) locks_.push_back(call.body);
    if (call.method == "PUT") return HttpAnswer{204, "", 0};
    if (has("/v1/docker/worker/w?")) {
      return HttpAnswer{200, R"({"id": "w", "state": "OFFLINE", "labels": )" + labels_ + "}", 0};
    }
    if (has("state=OPEN")) {
      before_schedule_();
      return HttpAnswer{200, R"([{"id": "5", "datasetId": "d", "runsOn": )" + runs_on_ + "}]", 0};
    }
    if (has("state=LOCKED")) return HttpAnswer{200, "[]", 0};
    if (call.method == "GET") return HttpAnswer{404, R"({"code": "DOCKER_RUN_UNKNOWN", "error": "there is none"})", 0};
    stop_ = true;  // one job is enough
    return HttpAnswer{400, "", 0};
  }

  static WorkerSettings settings() {
    WorkerSettings settings;
    settings.worker_id = "w";
    settings.poll_interval = 0.01;
    return settings;
  }

  WorkerSettings settings_ = settings();
  std::atomic<bool> stop_ = false;
  std::function<void()> before_schedule_ = [] {};
  std::string labels_ = "[]", runs_on_ = "[]";
  std::vector<std::string> locks_, log_;
  MemoryFileSystem memory_;
  FaultyFileSystem files_{memory_};
  ScriptedHttpClient http_{[this](const HttpCall& call) { return answer(call); }};
  ApiTransport transport_{
      http_, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api_{transport_};
};

TEST_F(WorkerLoopTest, AJobWhoseRunCannotBeMadeIsGivenBack) {
  ASSERT_TRUE(work_until_stopped().ok());
  EXPECT_THAT(locks_, ElementsAre(R"({"state":"LOCKED"})", R"({"state":"OPEN"})"));
}

TEST_F(WorkerLoopTest, NoJobIsTakenWhileTheDiskIsFull) {
  files_.fail_writes_after(0);
  int looks = 0;
  before_schedule_ = [&] {
    EXPECT_THAT(locks_, IsEmpty());
    if (++looks == 3) files_.stop_failing_writes();
  };
  ASSERT_TRUE(work_until_stopped().ok());
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(locks_.front(), R"({"state":"LOCKED"})");
  EXPECT_EQ(std::ranges::count_if(log_, [](auto& line) { return line.starts_with("output_dir: "); }), 1) << "said once";
  EXPECT_THAT(log_, Contains("The output folder can be written again"));
  EXPECT_FALSE(memory_.exists("/home/output_dir/.writable"));
}

TEST_F(WorkerLoopTest, LabelsThatTheWorkerWasGivenMeanwhileCount) {
  runs_on_ = R"(["gpu"])";
  int looks = 0;
  before_schedule_ = [&] {
    EXPECT_THAT(locks_, IsEmpty());
    if (++looks == 3) labels_ = R"(["gpu"])";
  };
  ASSERT_TRUE(work_until_stopped().ok());
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(locks_.front(), R"({"state":"LOCKED"})");
}

TEST_F(WorkerLoopTest, ItIsSaidThatLabelsDoNothingBesideAnId) {
  ASSERT_TRUE(work_until_stopped().ok());
  EXPECT_THAT(log_, Not(Contains(HasSubstr("worker.labels"))));
  stop_ = false;
  settings_.labels = {"gpu"};
  ASSERT_TRUE(work_until_stopped().ok());
  EXPECT_THAT(log_, Contains(HasSubstr("worker.labels has no effect with worker.worker_id")));
}

TEST_F(WorkerLoopTest, AnUnknownIdIsNamedWithTheWayOut) {
  settings_.worker_id = "another";
  EXPECT_THAT(work_until_stopped().error().message,
              AllOf(HasSubstr("worker.worker_id=another"), HasSubstr("without the id a worker registers by its name")));
}

}  // namespace
}  // namespace pretag
