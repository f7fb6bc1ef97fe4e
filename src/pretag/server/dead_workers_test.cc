#include "pretag/server/dead_workers.h"

#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int64_t kLease = 60'000, kMinute = 60'000;

class DeadWorkers : public ::testing::Test {
 protected:
  int set(const char* state) { return server.put(jobs() + worker + "/schedule/" + job, {{"state", state}}).status; }
  void heartbeat(const char* state) {
    EXPECT_EQ(server.put("/v1/docker/worker/" + worker, {{"state", state}}).status, 204);
  }
  void report(const char* state) {
    EXPECT_EQ(server.put("/v1/docker/runs/" + run, {{"state", state}, {"message", "3 of 9"}}).status, 204);
  }
  std::string state_of_run() { return server.get("/v1/docker/runs/" + run).json["state"]; }
  json job_data() { return server.get(jobs() + "schedule/" + job).json; }
  bool is_open() { return !server.get("/v1/docker/worker/schedule?state=OPEN").json.empty(); }
  std::string jobs() const { return "/v1/datasets/" + dataset + "/docker/worker/"; }

  // Works for `ms`, and is not heard of again.
  void die_after(int64_t ms) {
    heartbeat("BUSY");
    ASSERT_EQ(set("LOCKED"), 204);
    run = server.new_run(job);
    report("PRETAGGING");
    const int64_t end = server.now + ms;
    while (server.now + kLease / 2 < end) {
      server.now += kLease / 2;
      heartbeat("BUSY");
    }
    server.now += 2 * kLease;
    is_open();
  }

  TestServer server{{.lease_ms = kLease}};
  const std::string dataset = server.new_dataset(), worker = server.new_worker("one"), job = server.new_job(dataset);
  std::string run;
};

TEST_F(DeadWorkers, FiveInARowEndTheJobAndItsRun) {
  for (int i = 0; i < 4; ++i) die_after(kMinute);
  EXPECT_TRUE(is_open());
  EXPECT_EQ(state_of_run(), "PRETAGGING");
  EXPECT_FALSE(job_data().contains(kDeadWorkers)) << "strict clients fail on it";
  die_after(kMinute);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(job_data()["state"], "DONE");
  const json data = server.get("/v1/docker/runs/" + run).json;
  EXPECT_EQ(data["state"], "FAILED");
  const std::string message = data["message"];
  EXPECT_NE(message.find("Last state: PRETAGGING, 3 of 9"), std::string::npos) << message;
}

TEST_F(DeadWorkers, OneThatWorkedForLongBeforeItDiedCountsForNothing) {
  for (int i = 0; i < 8; ++i) die_after(i % 4 == 3 ? 20 * kMinute : kMinute);
  EXPECT_TRUE(is_open());
  for (int i = 0; i < 8; ++i) die_after(20 * kMinute);
  EXPECT_TRUE(is_open());
}

TEST_F(DeadWorkers, OneThatStopsInOrderIsNone) {
  for (int i = 0; i < 8; ++i) {
    if (i == 4) die_after(kMinute);
    heartbeat("BUSY");
    ASSERT_EQ(set("LOCKED"), 204);
    run = server.new_run(job);
    report("PRETAGGING");
    server.now += 1000;
    ASSERT_EQ(set("OPEN"), 204);
  }
  EXPECT_TRUE(is_open());
}

TEST_F(DeadWorkers, OneThatWasRestartedSaysThatItIsIdleAndGivesItsJobBack) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(is_open()) << i;
    heartbeat("BUSY");
    ASSERT_EQ(set("LOCKED"), 204);
    run = server.new_run(job);
    report("PRETAGGING");
    server.now += 1000;
    heartbeat("IDLE");
    ASSERT_EQ(set("OPEN"), 204);
  }
  EXPECT_FALSE(is_open());
  EXPECT_EQ(state_of_run(), "FAILED");
}

TEST_F(DeadWorkers, LocksThatNobodyKnewOfAreNone) {
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(set("LOCKED"), 204);
    server.now += 2 * kLease;
    EXPECT_TRUE(is_open()) << i;
  }
}

}  // namespace
}  // namespace pretag
