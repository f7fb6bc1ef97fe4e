#include "pretag/server/leases.h"
#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

class Schedule : public ::testing::Test {
 protected:
  std::string of_worker(const std::string& worker, const std::string& job) {
    return "/v1/datasets/" + dataset + "/docker/worker/" + worker + "/schedule/" + job;
  }
  int set(const std::string& worker, const std::string& job, const char* state) {
    return server.put(of_worker(worker, job), {{"state", state}}).status;
  }
  std::string state_of(const std::string& job) {
    return server.get("/v1/datasets/" + dataset + "/docker/worker/schedule/" + job).json["state"];
  }
  json open_jobs(const std::string& worker) {
    return server.get("/v1/docker/worker/" + worker + "/schedule?state=OPEN").json;
  }
  int heartbeat(const std::string& worker, const char* state) {
    return server.put("/v1/docker/worker/" + worker, {{"state", state}}).status;
  }

  TestServer server{{.lease_ms = 1000, .worker_timeout_ms = 5000}};
  std::string dataset = server.new_dataset();
  std::string one = server.new_worker("one"), two = server.new_worker("two");
};

TEST_F(Schedule, job_data_has_the_keys_that_strict_clients_know) {
  server.new_job(dataset);
  const json jobs = server.get("/v1/datasets/" + dataset + "/docker/worker/schedule").json;
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(keys_of(jobs[0]), (std::set<std::string>{"id", "datasetId", "configId", "priority", "runsOn", "state",
                                                     "createdAt", "lastModifiedAt", "userId", "owner"}));
  EXPECT_EQ(jobs[0]["state"], "OPEN");
  EXPECT_EQ(jobs[0]["priority"], "MID");
}

TEST_F(Schedule, of_two_workers_exactly_one_gets_the_job) {
  const std::string job = server.new_job(dataset);
  EXPECT_EQ(set(one, job, "LOCKED"), 204);
  const Answer second = server.put(of_worker(two, job), {{"state", "LOCKED"}});
  EXPECT_EQ(second.status, 400);
  EXPECT_EQ(second.json["code"], "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED");
  EXPECT_EQ(set(two, job, "DONE"), 400);
  EXPECT_EQ(set(one, job, "DONE"), 204);
  EXPECT_EQ(set(one, job, "LOCKED"), 400);
  EXPECT_EQ(open_jobs(two), json::array());
}

TEST_F(Schedule, a_worker_whose_lock_was_answered_in_vain_may_ask_again) {
  const std::string job = server.new_job(dataset);
  EXPECT_EQ(set(one, job, "LOCKED"), 204);
  server.now += 900;
  EXPECT_EQ(set(one, job, "LOCKED"), 204);
  EXPECT_EQ(set(two, job, "LOCKED"), 400);
  server.now += 900;
  EXPECT_EQ(open_jobs(two), json::array()) << "asking again has renewed the lock";
}

TEST_F(Schedule, a_lock_that_its_worker_does_not_know_of_expires_while_it_does_another_job) {
  const std::string orphan = server.new_job(dataset), job = server.new_job(dataset);
  ASSERT_EQ(set(one, orphan, "LOCKED"), 204);
  server.now += 100;
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  for (int i = 0; i < 3; ++i) {
    server.now += 400;
    heartbeat(one, "BUSY");
  }
  EXPECT_EQ(set(two, orphan, "LOCKED"), 204);
  EXPECT_EQ(set(one, job, "DONE"), 204);
}

TEST_F(Schedule, a_silent_workers_job_goes_to_another_one) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  server.now += 900;
  EXPECT_EQ(heartbeat(one, "BUSY"), 204);
  server.now += 900;
  EXPECT_EQ(open_jobs(two), json::array()) << "the heartbeat has renewed the lock";
  server.now += 200;
  ASSERT_EQ(open_jobs(two).size(), 1u);
  EXPECT_EQ(set(two, job, "LOCKED"), 204);
  EXPECT_EQ(set(one, job, "DONE"), 400) << "it has lost the lock";
  EXPECT_EQ(state_of(job), "LOCKED");
}

TEST_F(Schedule, a_server_that_was_away_gives_the_workers_time_to_report) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  server.now += 5000;
  {
    const auto sql = server.context->database().connect();
    ASSERT_TRUE(extend_leases(**sql, server.now + 1000).ok());
  }
  server.now += 900;
  EXPECT_EQ(open_jobs(two), json::array());
  EXPECT_EQ(heartbeat(one, "BUSY"), 204);
  server.now += 900;
  EXPECT_EQ(open_jobs(two), json::array()) << "the heartbeat has renewed the lock";
  server.now += 200;
  EXPECT_EQ(open_jobs(two).size(), 1u);
}

TEST_F(Schedule, a_database_that_was_away_gives_the_workers_time_to_report) {
  const std::string job = server.new_job(dataset), of_the_dead = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  ASSERT_EQ(set(two, of_the_dead, "LOCKED"), 204);
  const std::string three = server.new_worker("three");
  server.rows->away = true;
  for (int i = 0; i < 3; ++i) {
    server.now += 400;
    EXPECT_EQ(heartbeat(one, "BUSY"), 503);
  }
  server.rows->away = false;
  EXPECT_EQ(heartbeat(three, "IDLE"), 204) << "the first one that gets through need not be whose job it is";
  EXPECT_EQ(open_jobs(three), json::array());
  EXPECT_EQ(set(three, job, "LOCKED"), 400);
  server.now += 900;
  EXPECT_EQ(heartbeat(one, "BUSY"), 204);
  server.now += 200;
  ASSERT_EQ(open_jobs(three).size(), 1u);
  EXPECT_EQ(open_jobs(three)[0]["id"], of_the_dead);
}

TEST_F(Schedule, one_failure_among_heartbeats_gives_a_dead_worker_no_time) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  for (int i = 0; i < 4; ++i) {
    server.now += 300;
    server.rows->away = true;
    EXPECT_EQ(heartbeat(two, "IDLE"), 503);
    server.rows->away = false;
    EXPECT_EQ(heartbeat(two, "IDLE"), 204);
  }
  EXPECT_EQ(open_jobs(two).size(), 1u);
}

TEST_F(Schedule, a_clock_that_is_set_back_keeps_no_job_from_others_after_a_restart) {
  const std::string job = server.new_job(dataset), cancelled = server.new_job(dataset);
  for (const std::string& locked : {job, cancelled}) ASSERT_EQ(set(one, locked, "LOCKED"), 204);
  const std::string run = server.new_run(cancelled);
  ASSERT_EQ(server.call("PUT", "/v1/datasets/" + dataset + "/docker/worker/schedule/" + cancelled).status, 204);
  server.now -= 3'600'000;
  {
    const auto sql = server.context->database().connect();
    ASSERT_TRUE(extend_leases(**sql, server.now + 1000).ok());
  }
  EXPECT_EQ(open_jobs(two), json::array());
  server.now += 1001;
  ASSERT_EQ(open_jobs(two).size(), 1u);
  EXPECT_EQ(server.get("/v1/docker/runs/" + run).json["state"], "ABORTED");
}

TEST_F(Schedule, a_restarted_worker_that_is_idle_gets_its_own_job_back) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  for (int i = 0; i < 3; ++i) {
    server.now += 400;
    heartbeat(one, "IDLE");
  }
  EXPECT_EQ(open_jobs(one).size(), 1u);
  EXPECT_EQ(set(one, job, "LOCKED"), 204);
}

// Nobody could end it, and who waits for it would wait for ever.
TEST_F(Schedule, a_job_of_somebody_who_may_no_longer_see_the_dataset_is_cancelled) {
  const auto share = [&](const char* user) {
    const json body = {{"accessType", "WRITE"}, {"users", json::array({user})}};
    EXPECT_EQ(server.post("/v1/datasets/" + dataset + "/collaboration/access", body).status, 201);
  };
  share("ben@example.org");
  const std::string config =
      server.post("/v1/docker/worker/config/v3", {{"config", {{"workerType", "FULL"}}}}, server.ben).id();
  const std::string job =
      server.post("/v1/datasets/" + dataset + "/docker/worker/schedule", {{"configId", config}}, server.ben).id();
  const std::string run =
      server.post("/v1/docker/runs", {{"dockerVersion", "1"}, {"scheduledId", job}}, server.ben).id();
  const std::string tags = "/v1/docker/runs/" + run + "/tags";
  server.post("/v1/datasets/" + dataset + "/tags/initial", {{"runId", run}}, server.ben);
  EXPECT_EQ(server.get(tags, server.ben).json.size(), 1u);
  share("ben@example.org");
  EXPECT_EQ(state_of(job), "OPEN");
  const std::string own = server.new_job(dataset);
  share("somebody@example.org");
  EXPECT_EQ(state_of(job), "CANCELED");
  EXPECT_EQ(state_of(own), "OPEN");
  EXPECT_EQ(server.get("/v1/docker/runs/" + run, server.ben).json["state"], "ABORTED");
  EXPECT_EQ(server.get(tags, server.ben).json, json::array());
}

TEST_F(Schedule, news_of_a_run_renews_the_lock) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  const std::string run = server.new_run(job);
  server.now += 900;
  EXPECT_EQ(server.put("/v1/docker/runs/" + run, {{"state", "PRETAGGING"}}).status, 204);
  server.now += 900;
  EXPECT_EQ(server.call("PUT", "/v1/docker/runs/" + run + "/logs", "[]").status, 204);
  server.now += 900;
  EXPECT_EQ(open_jobs(two), json::array());
}

TEST_F(Schedule, a_job_is_for_workers_that_have_all_its_labels) {
  const std::string gpu = server.new_worker("gpu", {"gpu", "fast"});
  const std::string job = server.new_job(dataset, {{"runsOn", {"gpu"}}});
  EXPECT_EQ(open_jobs(one), json::array());
  EXPECT_EQ(open_jobs(gpu).size(), 1u);
  EXPECT_EQ(set(one, job, "LOCKED"), 400);
  EXPECT_EQ(server.get("/v1/docker/worker/schedule?state=OPEN&labels=gpu&labels=x&version=1").json.size(), 1u);
  EXPECT_EQ(server.get("/v1/docker/worker/schedule?state=OPEN&labels=x").json.size(), 0u);
  EXPECT_EQ(server.get("/v1/docker/worker/schedule?state=OPEN&includeUnlockableRuns=True").json.size(), 1u);
  EXPECT_EQ(set(gpu, job, "LOCKED"), 204);
}

TEST_F(Schedule, urgent_jobs_come_first_and_older_ones_before_newer_ones) {
  const std::string low = server.new_job(dataset, {{"priority", "LOW"}});
  const std::string middle = server.new_job(dataset), later = server.new_job(dataset);
  const std::string critical = server.new_job(dataset, {{"priority", "CRITICAL"}});
  std::vector<std::string> order;
  for (const json& job : open_jobs(one)) order.push_back(job["id"]);
  EXPECT_EQ(order, (std::vector{critical, middle, later, low}));
}

TEST_F(Schedule, cancelling_ends_open_and_locked_jobs) {
  const std::string job = server.new_job(dataset), locked = server.new_job(dataset);
  const std::string base = "/v1/datasets/" + dataset + "/docker/worker/schedule";
  ASSERT_EQ(set(one, locked, "LOCKED"), 204);
  EXPECT_EQ(server.call("PUT", base + "/" + job).status, 204);
  EXPECT_EQ(server.call("PUT", base + "/" + locked).status, 204);
  EXPECT_EQ(server.get(base).json, json::array()) << "without a state, only those that are not over";
  EXPECT_EQ(server.get(base + "?state=CANCELED").json.size(), 2u);
  EXPECT_EQ(server.get(base + "?states=OPEN&states=CANCELED").json.size(), 2u);
  EXPECT_EQ(set(one, locked, "DONE"), 400);
  EXPECT_EQ(set(one, locked, "CANCELED"), 204);
  EXPECT_EQ(state_of(locked), "CANCELED");
}

TEST_F(Schedule, cancelling_a_job_that_no_worker_is_at_ends_its_run) {
  const std::string base = "/v1/datasets/" + dataset + "/docker/worker/schedule/";
  const auto state_of_run = [&](const std::string& job) {
    return server.get("/v1/docker/runs/schedule/" + job).json["state"].get<std::string>();
  };
  const std::string given_back = server.new_job(dataset), left = server.new_job(dataset);
  for (const std::string& job : {given_back, left}) {
    ASSERT_EQ(set(one, job, "LOCKED"), 204);
    server.put("/v1/docker/runs/" + server.new_run(job), {{"state", "PRETAGGING"}});
  }
  ASSERT_EQ(set(one, given_back, "OPEN"), 204);
  for (const std::string& job : {given_back, left}) EXPECT_EQ(server.call("PUT", base + job).status, 204);
  EXPECT_EQ(state_of_run(given_back), "ABORTED");
  EXPECT_EQ(state_of_run(left), "PRETAGGING") << "its worker will say so";
  server.now += 1100;
  open_jobs(two);
  EXPECT_EQ(state_of_run(left), "ABORTED") << "its worker has not";
}

TEST_F(Schedule, a_cancelled_run_whose_worker_died_ends_for_who_asks_for_the_run_alone) {
  const std::string base = "/v1/datasets/" + dataset + "/docker/worker/schedule/";
  const std::string by_run = "/v1/docker/runs/", by_job = "/v1/docker/runs/schedule/";
  for (const std::string& way : {by_run, by_job}) {
    const std::string job = server.new_job(dataset);
    ASSERT_EQ(set(one, job, "LOCKED"), 204);
    const std::string run = server.new_run(job);
    const std::string path = way + (way == by_run ? run : job);
    EXPECT_EQ(server.call("PUT", base + job).status, 204);
    EXPECT_EQ(server.get(path).json["state"], "STARTED");
    server.now += 1100;
    EXPECT_EQ(server.get(path).json["state"], "ABORTED") << path;
  }
}

TEST_F(Schedule, a_worker_may_say_twice_that_it_is_done) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  EXPECT_EQ(set(one, job, "DONE"), 204);
  EXPECT_EQ(set(one, job, "DONE"), 204) << "the first answer may have been lost";
  EXPECT_EQ(set(two, job, "DONE"), 400);
}

TEST_F(Schedule, a_job_that_is_given_back_is_open_again) {
  const std::string job = server.new_job(dataset);
  ASSERT_EQ(set(one, job, "LOCKED"), 204);
  EXPECT_EQ(set(one, job, "OPEN"), 204);
  EXPECT_EQ(set(two, job, "LOCKED"), 204);
}

TEST_F(Schedule, is_closed_to_others) {
  const std::string job = server.new_job(dataset);
  EXPECT_EQ(server.get("/v1/docker/worker/" + one + "/schedule", server.ben).status, 404);
  EXPECT_EQ(server.get("/v1/docker/worker/schedule?state=OPEN", server.ben).json, json::array());
  EXPECT_EQ(server.put(of_worker(one, job), {{"state", "LOCKED"}}, server.ben).status, 404);
  const std::string others = server.post("/v1/docker/worker", {{"name", "bens"}}, server.ben).id();
  EXPECT_EQ(set(others, job, "LOCKED"), 404);
}

// Whom a dataset is shared with sees its jobs.
TEST_F(Schedule, is_closed_to_the_workers_of_those_whom_the_dataset_is_shared_with) {
  const json body = {{"accessType", "WRITE"}, {"users", {"ben@example.org"}}};
  ASSERT_EQ(server.post("/v1/datasets/" + dataset + "/collaboration/access", body).status, 201);
  const std::string job = server.new_job(dataset);
  const std::string bens = server.post("/v1/docker/worker", {{"name", "bens"}}, server.ben).id();
  for (const char* state : {"LOCKED", "DONE", "CANCELED"}) {
    const Answer answer = server.put(of_worker(bens, job), {{"state", state}}, server.ben);
    EXPECT_EQ(answer.status, 400) << state;
    EXPECT_EQ(answer.json["code"], "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED");
  }
  EXPECT_EQ(state_of(job), "OPEN");
  const std::string config =
      server.post("/v1/docker/worker/config/v3", {{"config", {{"workerType", "FULL"}}}}, server.ben).id();
  const std::string own =
      server.post("/v1/datasets/" + dataset + "/docker/worker/schedule", {{"configId", config}}, server.ben).id();
  EXPECT_EQ(server.put(of_worker(bens, own), {{"state", "LOCKED"}}, server.ben).status, 204);
}

TEST_F(Schedule, needs_a_configuration_that_exists) {
  const std::string path = "/v1/datasets/" + dataset + "/docker/worker/schedule";
  EXPECT_EQ(server.post(path, {{"configId", std::string(24, 'a')}}).json["code"], "DOCKER_WORKER_CONFIG_UNKNOWN");
  EXPECT_EQ(server.post(path, {{"configId", "x"}}).status, 400);
  EXPECT_EQ(server.post(path, json::object()).status, 400);
}

TEST_F(Schedule, registering_without_labels_leaves_a_worker_its_labels) {
  EXPECT_EQ(server.new_worker("one", {"gpu"}), one);
  EXPECT_EQ(server.new_worker("one"), one);
  const std::string path = "/v1/docker/worker/" + one;
  EXPECT_EQ(server.get(path).json["labels"], json::array({"gpu"}));
  EXPECT_EQ(server.put(path, {{"labels", json::array()}}).status, 204);
  EXPECT_EQ(server.get(path).json["labels"], json::array());
}

TEST_F(Schedule, workers_are_known_by_name_and_count_as_offline_when_silent) {
  EXPECT_EQ(server.new_worker("one", {"new"}), one);
  heartbeat(one, "IDLE");
  const auto worker = [&] { return server.get("/v1/docker/worker/" + one).json; };
  EXPECT_EQ(keys_of(worker()), (std::set<std::string>{"id", "userId", "name", "workerType", "state", "createdAt",
                                                      "lastModifiedAt", "labels"}));
  EXPECT_EQ(worker()["labels"], json::array({"new"}));
  EXPECT_EQ(worker()["state"], "IDLE");
  server.now += 5001;
  EXPECT_EQ(worker()["state"], "OFFLINE");
  server.now -= 3'600'000;
  EXPECT_EQ(worker()["state"], "OFFLINE") << "the clock was set back";
  heartbeat(one, "IDLE");
  EXPECT_EQ(worker()["state"], "IDLE");
  EXPECT_EQ(server.get("/v1/docker/worker/default").json["name"], "Default");
  EXPECT_EQ(server.get("/v1/docker/worker").json.size(), 3u);
  EXPECT_EQ(server.get("/v1/docker/worker", server.ben).json.size(), 0u);
  EXPECT_EQ(server.call("DELETE", "/v1/docker/worker/" + one, "{}").status, 204);
  EXPECT_EQ(server.get("/v1/docker/worker/" + one).json["code"], "DOCKER_WORKER_UNKNOWN");
}

TEST_F(Schedule, configurations_keep_their_keys_in_every_version) {
  const json config = {{"workerType", "FULL"},
                       {"docker", {{"pretagging_debug", true}, {"enableTraining", false}}},
                       {"lightly", {{"collate", {{"rrDegrees", nullptr}}}}}};
  for (const auto& [path, version] :
       std::vector<std::pair<std::string, std::string>>{{"", "V0"}, {"/v2", "V2"}, {"/v3", "V3"}, {"/vX", "V4"}}) {
    const Answer made = server.post("/v1/docker/worker/config" + path, {{"version", version}, {"config", config}});
    EXPECT_EQ(made.status, 201) << version;
    for (const std::string& reader : {path, std::string("/vX")}) {
      const json read = server.get("/v1/docker/worker/config" + reader + "/" + made.id()).json;
      EXPECT_EQ(keys_of(read), (std::set<std::string>{"id", "version", "createdAt", "config"}));
      EXPECT_EQ(read["version"], version);
      EXPECT_EQ(read["config"], config);
    }
    EXPECT_EQ(server.get("/v1/docker/worker/config/vX/" + made.id(), server.ben).status, 404);
  }
  EXPECT_EQ(server.post("/v1/docker/worker/config", {{"config", {{"docker", 1}}}}).status, 400);
  EXPECT_EQ(server.post("/v1/docker/worker/config", json::object()).status, 400);
}

TEST_F(Schedule, a_default_for_debug_images_reaches_workers_only_and_yields_to_the_job) {
  TestServer with({.pretagging_debug = true});
  const std::string base = "/v1/docker/worker/config";
  const std::string silent = with.post(base + "/v3", {{"config", {{"workerType", "FULL"}}}}).id();
  EXPECT_EQ(with.get(base + "/vX/" + silent).json["config"]["docker"], (json{{"pretaggingDebug", true}}));
  EXPECT_EQ(with.get(base + "/v3/" + silent).json["config"], (json{{"workerType", "FULL"}}));
  const json says_no = {{"workerType", "FULL"}, {"docker", {{"pretagging_debug", false}}}};
  const std::string other = with.post(base, {{"config", says_no}}).id();
  EXPECT_EQ(with.get(base + "/vX/" + other).json["config"], says_no);
}

}  // namespace
}  // namespace pretag
