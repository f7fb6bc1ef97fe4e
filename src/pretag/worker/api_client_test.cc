#include "pretag/worker/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretag/worker/job_reporter.h"
#include "pretag/worker/worker_loop.h"
#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An API client whose server answers every call with one answer.
struct Platform {
  explicit Platform(int status, std::string body = "")
      : http([status, body](const HttpCall&) -> Result<HttpAnswer> {
          return HttpAnswer{status, body, 0};
        }),
        transport(
            http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}),
        api(transport) {}

  ScriptedHttpClient http;
  ApiTransport transport;
  ApiClient api;
};

TEST(ApiClient, TheLastBitOfAMaskIsTheFirstSample) {
  EXPECT_EQ(bit_mask({}), "0x0");
  EXPECT_EQ(bit_mask({false, false, false, false, false}), "0x0");
  EXPECT_EQ(bit_mask({true}), "0x1");
  EXPECT_EQ(bit_mask({false, true, false, true, false, true}), "0x2a");
  EXPECT_EQ(bit_mask(std::vector<bool>(10, true)), "0x3ff");
}

TEST(ApiClient, ReadsTheMasksThatItWrites) {
  EXPECT_EQ(*bits_of("0x2a"), (std::vector<bool>{false, true, false, true, false, true, false, false}));
  EXPECT_EQ(*bits_of("0x0"), std::vector<bool>(4, false));
  for (const char* text : {"", "0x", "2a", "0x2A", "0xg"}) EXPECT_FALSE(bits_of(text).ok()) << text;
}

TEST(ApiClient, EarlierScoresAreTheNewestOnesFromBefore) {
  ScriptedHttpClient http([](const HttpCall& call) -> Result<HttpAnswer> {
    if (call.url.find("/scores/2?") != std::string::npos) return HttpAnswer{200, R"({"scores": [0.5, 1, 0]})", 0};
    return HttpAnswer{200, R"([{"id": "1", "scoreType": "margin", "predictionUUIDTimestamp": 10},
                               {"id": "2", "scoreType": "margin", "predictionUUIDTimestamp": 20},
                               {"id": "3", "scoreType": "margin", "predictionUUIDTimestamp": 30},
                               {"id": "4", "scoreType": "entropy", "predictionUUIDTimestamp": 25}])",
                      0};
  });
  const ApiTransport transport(
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {});
  const ApiClient api(transport);
  EXPECT_THAT(*api.earlier_scores("d", {.name = "task", .classes = {}, .time_ms = 30}, "margin"),
              ElementsAre(0.5, 1, 0));
  EXPECT_TRUE(api.earlier_scores("d", {.name = "task", .classes = {}, .time_ms = 10}, "margin")->empty());
  EXPECT_THAT(http.calls()[0].url, HasSubstr("taskName=task"));
}

TEST(ApiClient, ScoresAreSentWithSixDigits) {
  Platform platform(201, R"({"id": "1"})");
  ASSERT_TRUE(platform.api
                  .upload_scores("d", {.name = "task", .classes = {}, .time_ms = 30}, "margin",
                                 {1.0 / 3, 0, 1, 0.1234567890123, 1e-9, 0.5})
                  .ok());
  EXPECT_EQ(platform.http.calls()[0].body, R"({"scoreType":"margin","scores":[0.333333,0.0,1.0,0.123457,0.0,0.5]})");
}

TEST(ApiClient, TagsAreAskedForWithoutMasksAndAMaskByItself) {
  Platform tags(200, R"([{"id": "1", "name": "initial-tag", "runId": "r", "totSize": 3}])");
  const auto listed = tags.api.tags("d");
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->at(0).total, 3);
  EXPECT_EQ(tags.http.calls()[0].url, "http://server/v1/datasets/d/tags?withoutMasks=True&token=t");
  Platform tag(200, R"({"id": "1", "bitMaskData": "0x5"})");
  EXPECT_THAT(*tag.api.tag_bits("d", "1"), ElementsAre(true, false, true, false));
  EXPECT_EQ(tag.http.calls()[0].url, "http://server/v1/datasets/d/tags/1?token=t");
}

TEST(ApiClient, ALockThatSomebodyElseHasIsNoError) {
  const ScheduledRun scheduled{
      .id = "5", .dataset_id = "d", .config_id = {}, .priority = {}, .state = {}, .runs_on = {}};
  EXPECT_EQ(*Platform(400, R"({"code": "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED", "error": ""})").api.lock(scheduled, "w"),
            false);
  Platform free(204);
  EXPECT_EQ(*free.api.lock(scheduled, "w"), true);
  EXPECT_EQ(free.http.calls()[0].method, "PUT");
  EXPECT_EQ(free.http.calls()[0].url, "http://server/v1/datasets/d/docker/worker/w/schedule/5?token=t");
  EXPECT_EQ(free.http.calls()[0].body, R"({"state":"LOCKED"})");
  EXPECT_FALSE(Platform(500).api.lock(scheduled, "w").ok());
}

TEST(ApiClient, AnAnswerThatIsNoneOfTheApiIsAnError) {
  for (const char* answer : {"<html>", "{}", "[1]", "[{}]", "null", ""}) {
    const auto runs = Platform(200, answer).api.scheduled_for("w", "OPEN");
    ASSERT_FALSE(runs.ok()) << answer;
    EXPECT_THAT(runs.error().message, HasSubstr("GET /v1/docker/worker/w/schedule")) << answer;
  }
  EXPECT_EQ(Platform(200, "[3]").api.mapping("d", "fileName").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Platform(200, "{}").api.worker("w").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Platform(200, R"({"config": 1})").api.job_config("c").error().code, ErrorCode::kCorrupt);
}

TEST(ApiClient, PredictionsNameTheirCrops) {
  const Platform platform(201, R"({"id": "p"})");
  const ApiClient::TaskUpload cars{.name = "cars", .classes = {"car"}, .time_ms = 5};
  const ApiClient::TaskUpload signs{.name = "signs", .classes = {"stop", "go"}, .time_ms = 5};
  Detection car, go;
  car.label = "car";
  go.label = "go";
  ASSERT_TRUE(
      platform.api.upload_predictions("d", "s", 5, {{cars, {car}}, {signs, {go, go}, {"c", {{1, "crop"}, {7, "x"}}}}})
          .ok());
  const auto body = nlohmann::json::parse(platform.http.calls().at(0).body);
  ASSERT_EQ(body.size(), 3u);
  EXPECT_EQ(body[0]["taskName"], "cars");
  for (const int i : {0, 1}) EXPECT_FALSE(body[i].contains("cropSampleId"));
  EXPECT_EQ(body[2]["taskName"], "signs");
  EXPECT_EQ(body[2]["categoryId"], 1);
  EXPECT_EQ(body[2]["cropDatasetId"], "c");
  EXPECT_EQ(body[2]["cropSampleId"], "crop");
}

TEST(ApiClient, SamplesWithLargeMetadataAreSentInSeveralRequests) {
  const Platform platform(201, R"({"ids": []})");
  std::vector<SampleRecord> samples(20);
  for (SampleRecord& sample : samples) sample.custom_metadata = R"({"text":")" + std::string(1'000'000, 'x') + "\"}";
  ASSERT_TRUE(platform.api.put_samples("d", samples).ok());
  std::vector<size_t> counts;
  for (const HttpCall& call : platform.http.calls()) {
    counts.push_back(nlohmann::json::parse(call.body)["samples"].size());
  }
  EXPECT_THAT(counts, ElementsAre(8u, 8u, 4u));
}

TEST(ApiClient, ACropIsReadWhateverTheServerSaysOfIt) {
  const auto read = [](const char* answer) { return Platform(200, answer).api.sample("c", "s"); };
  const auto crop = read(R"({"fileName": "a.png", "metaData": {"shape": [3, 5, 3]}, "cropData": {"parentId": "p",
      "predictionUUIDTimestamp": 7, "predictionIndex": 2, "predictionTaskName": "task", "predictionTaskCategoryId": 4,
      "predictionTaskScore": 0.25}})");
  ASSERT_TRUE(crop.ok());
  EXPECT_EQ(crop->image.width, 5);
  EXPECT_EQ(crop->image.height, 3);
  EXPECT_EQ(crop->crop->parent_id, "p");
  EXPECT_EQ(crop->crop->index, 2);
  EXPECT_EQ(crop->crop->score, 0.25F);
  for (const char* odd : {"{}", R"({"metaData": [1], "cropData": 3})", R"({"metaData": {"shape": [1, -1, "a"]}})"}) {
    ASSERT_TRUE(read(odd).ok()) << odd;
    EXPECT_EQ(read(odd)->crop, std::nullopt) << odd;
    EXPECT_EQ(read(odd)->image.width, 0) << odd;
  }
  EXPECT_EQ(read("[]").error().code, ErrorCode::kCorrupt);
}

TEST(ApiClient, AJobThatNobodyBeganHasNoRun) {
  const ScheduledRun scheduled{
      .id = "5", .dataset_id = "d", .config_id = {}, .priority = {}, .state = {}, .runs_on = {}};
  EXPECT_EQ(*Platform(404).api.run_of(scheduled), std::nullopt);
}

TEST(WorkerLoop, JobsComeByPriorityThenAgeAndOnlyWithTheirLabels) {
  const auto run = [](const char* id, const char* priority, int64_t created, std::vector<std::string> runs_on = {}) {
    return ScheduledRun{id, "d", "c", priority, "OPEN", std::move(runs_on), created};
  };
  std::vector<std::string> ids;
  for (const ScheduledRun& next :
       in_order({run("low", "LOW", 1), run("mid2", "MID", 3), run("mid1", "MID", 2), run("urgent", "CRITICAL", 9),
                 run("gpu", "HIGH", 1, {"gpu"}), run("both", "HIGH", 2, {"cpu", "big"})},
                {"big", "cpu"})) {
    ids.push_back(next.id);
  }
  EXPECT_THAT(ids, ElementsAre("urgent", "both", "mid1", "mid2", "low"));
}

TEST(JobReporter, EveryStateArrivesAndProgressOnlyNowAndThen) {
  Platform platform(204);
  {
    JobReporter reporter(platform.api, "r");
    ManualClock clock;
    ReportedProgress progress(reporter, RunConfig{}, true, 10, clock);
    progress.entered(RunStage::kListing);
    ASSERT_TRUE(reporter.flush().ok());
    progress.entered(RunStage::kLookingAtImages);
    clock.advance(100);
    progress.started("Pretagging", {.total = 1000, .done = 100});
    ASSERT_TRUE(reporter.flush().ok());
    for (int64_t done = 101; done <= 140; ++done) {
      clock.advance(0.5);
      progress.advanced({.total = 1000, .done = done});
      ASSERT_TRUE(reporter.flush().ok());
    }
    progress.warning("broken.jpg: is no image");
    ASSERT_TRUE(reporter.flush().ok());
  }
  std::vector<std::string> bodies;
  for (const HttpCall& call : platform.http.calls()) bodies.push_back(call.body);
  ASSERT_GE(bodies.size(), 5u);
  EXPECT_THAT(bodies.front(), HasSubstr("LOADING_DATASET"));
  EXPECT_THAT(bodies, Contains(R"j({"message":"Pretagging: 100/1000 (10 %)","state":"PRETAGGING"})j"));
  EXPECT_THAT(bodies, Contains(R"j({"message":"Pretagging: 140/1000 (14 %), 2.0 images/s","state":"PRETAGGING"})j"));
  EXPECT_THAT(bodies.back(), HasSubstr("broken.jpg: is no image"));
  EXPECT_LE(bodies.size(), 7u);
}

TEST(JobReporter, AStateThatDoesNotArriveIsAnError) {
  Platform platform(400);
  JobReporter reporter(platform.api, "r");
  reporter.state("COMPLETED", "done");
  EXPECT_FALSE(reporter.flush().ok());
}

TEST(RunStates, AStageIsNamedAfterTheMostThatItDoes) {
  RunConfig pretagging, none;
  pretagging.pretagging = true, none.pretagging = false;
  EXPECT_EQ(api_state(RunStage::kLookingAtImages, pretagging, true).name, "PRETAGGING");
  EXPECT_EQ(api_state(RunStage::kLookingAtImages, none, true).name, "EMBEDDING");
  EXPECT_EQ(api_state(RunStage::kLookingAtImages, none, false).name, "CHECKING_CORRUPTNESS");
  EXPECT_EQ(api_state(RunStage::kSelecting, none, false).name, "SAMPLING");
  EXPECT_TRUE(is_final_state("ABORTED"));
  EXPECT_FALSE(is_final_state("UPLOADED_ARTIFACTS"));
  EXPECT_EQ(progress_message("Pretagging", {.total = 5000, .done = 1198, .failed = 2}, 3.14),
            "Pretagging: 1200/5000 (24 %), 3.1 images/s, 2 could not be read");
  EXPECT_EQ(progress_message("Pretagging", {}, 0), "Pretagging: 0/0 (100 %)");
}

}  // namespace
}  // namespace pretag
