#include "pretag/store/ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Ledger> memory_ledger() {
  auto ledger = Ledger::open(":memory:");
  EXPECT_TRUE(ledger.ok()) << ledger.error().message;
  return *std::move(ledger);
}

ImageResult result_of(const std::string& filename) {
  ImageResult result;
  result.info = {filename, 1920, 1080, 123456, "0123abcd", {51.5f, 12.25f, 3.5f, 0.125f}};
  result.detections = {{{10.1f, 20.2f, 30.3f, 40.4f}, "car", 0.9f, {0.1f, 0.9f}},
                       {{1, 2, 3, 4}, "person", 0.5f, {0.5f, 0.5f}}};
  result.embedding = {0.6f, -0.8f};
  return result;
}

std::vector<std::string> pending(const Ledger& ledger) {
  std::vector<std::string> names;
  EXPECT_TRUE(ledger.for_each_pending([&](const std::string& name) { return names.push_back(name), Status(); }).ok());
  return names;
}

std::vector<ImageResult> results(const Ledger& ledger) {
  std::vector<ImageResult> all;
  EXPECT_TRUE(ledger.for_each_result([&](const ImageResult& result) { return all.push_back(result), Status(); }).ok());
  return all;
}

std::vector<std::string> failures(const Ledger& ledger) {
  std::vector<std::string> all;
  EXPECT_TRUE(ledger
                  .for_each_failure([&](const ImageFailure& failure) {
                    all.push_back(failure.filename + "=" + failure.reason);
                    return Status();
                  })
                  .ok());
  return all;
}

TEST(Ledger, GivesBackWhatWasRecorded) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("a.jpg")}, {{"b.jpg", "not an image"}}).ok());
  const auto all = results(*ledger);
  ASSERT_EQ(all.size(), 1u);
  const ImageInfo& info = all[0].info;
  EXPECT_EQ(info.filename, "a.jpg");
  EXPECT_EQ(info.width, 1920);
  EXPECT_EQ(info.height, 1080);
  EXPECT_EQ(info.bytes, 123456u);
  EXPECT_EQ(info.content_hash, "0123abcd");
  EXPECT_EQ(info.quality.luminance, 51.5f);
  EXPECT_EQ(info.quality.sharpness, 12.25f);
  EXPECT_EQ(info.quality.snr, 3.5f);
  EXPECT_EQ(info.quality.uniform_row_ratio, 0.125f);
  ASSERT_EQ(all[0].detections.size(), 2u);
  EXPECT_EQ(all[0].detections[0].label, "car");
  EXPECT_EQ(all[0].detections[0].box_in_image, (Box{10.1f, 20.2f, 30.3f, 40.4f}));
  EXPECT_EQ(all[0].detections[1].label, "person");
  EXPECT_EQ(all[0].embedding, (Embedding{0.6f, -0.8f}));
  EXPECT_THAT(failures(*ledger), ElementsAre("b.jpg=not an image"));
}

std::vector<ImageResult> results_with_objects(const Ledger& ledger) {
  std::vector<ImageResult> all;
  EXPECT_TRUE(
      ledger.for_each_result_with_objects([&](const ImageResult& one) { return all.push_back(one), Status(); }).ok());
  return all;
}

ImageResult with_object_embeddings(ImageResult result) {
  for (Detection& detection : result.detections) detection.embedding = {detection.score < 0.6f ? 1.0f : -1.0f, 0};
  return result;
}

TEST(Ledger, GivesBackTheEmbeddingsOfObjectsApartFromTheResults) {
  const auto ledger = memory_ledger();
  const std::vector<ImageResult> recorded = {with_object_embeddings(result_of("b")), result_of("none"),
                                             with_object_embeddings(result_of("a"))};
  ASSERT_TRUE(ledger->record(recorded, {}).ok());
  const auto all = results_with_objects(*ledger);
  ASSERT_EQ(all.size(), 3u);
  for (const size_t i : {0u, 1u}) {
    EXPECT_EQ(all[i].info.filename, i == 0 ? "a" : "b");
    EXPECT_EQ(all[i].detections[0].embedding, (Embedding{-1, 0}));
    EXPECT_EQ(all[i].detections[1].embedding, (Embedding{1, 0}));
  }
  EXPECT_TRUE(all[2].detections[0].embedding.empty());
  for (const ImageResult& result : results(*ledger)) {
    for (const Detection& detection : result.detections) EXPECT_TRUE(detection.embedding.empty());
  }
}

TEST(Ledger, RecordingAgainReplacesTheEmbeddingsOfObjects) {
  const auto ledger = memory_ledger();
  const std::vector<ImageResult> recorded = {with_object_embeddings(result_of("a")),
                                             with_object_embeddings(result_of("b")),
                                             with_object_embeddings(result_of("c"))};
  ASSERT_TRUE(ledger->record(recorded, {}).ok());
  ImageResult fewer = recorded[2];
  fewer.detections.pop_back();
  ASSERT_TRUE(ledger->record({result_of("a"), fewer}, {{"b", "vanished"}}).ok());
  const auto all = results_with_objects(*ledger);
  ASSERT_EQ(all.size(), 2u);
  for (const Detection& detection : all[0].detections) EXPECT_TRUE(detection.embedding.empty());
  EXPECT_EQ(all[1].info.filename, "c");
  ASSERT_EQ(all[1].detections.size(), 1u);
  EXPECT_EQ(all[1].detections[0].embedding, (Embedding{-1, 0}));
}

TEST(Ledger, GivesBackRegionsWithTheObjects) {
  const auto ledger = memory_ledger();
  ImageResult with = result_of("a"), without = result_of("b");
  with.regions = {{{1.5f, 2.25f, 30.1f, 40.7f}, {0, -1}}, {{0, 0, 1e-3f, 5e6f}, {1, 0}}};
  ASSERT_TRUE(ledger->record({with, without}, {}).ok());
  EXPECT_TRUE(results(*ledger)[0].regions.empty());
  auto all = results_with_objects(*ledger);
  ASSERT_EQ(all[0].regions.size(), 2u);
  EXPECT_EQ(all[0].regions[0].box_in_image, with.regions[0].box_in_image);
  EXPECT_EQ(all[0].regions[1].box_in_image, with.regions[1].box_in_image);
  EXPECT_EQ(all[0].regions[0].embedding, (Embedding{0, -1}));
  EXPECT_TRUE(all[1].regions.empty());
  with.regions.pop_back();
  ASSERT_TRUE(ledger->record({with}, {{"b", "vanished"}}).ok());
  all = results_with_objects(*ledger);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].regions.size(), 1u);
  ASSERT_TRUE(ledger->record({result_of("a")}, {}).ok());
  EXPECT_TRUE(results_with_objects(*ledger)[0].regions.empty());
}

TEST(Ledger, AnInputLeavesPendingWhenItIsDoneOrFailed) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->add_inputs({"a", "b", "c"}).ok());
  ASSERT_TRUE(ledger->record({result_of("b")}, {{"a", "gone"}}).ok());
  EXPECT_THAT(pending(*ledger), ElementsAre("c"));
  const auto counts = ledger->counts();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->pending, 1);
  EXPECT_EQ(counts->done, 1);
  EXPECT_EQ(counts->failed, 1);
  EXPECT_EQ(counts->total(), 3);
}

TEST(Ledger, InputsAddedAgainKeepTheirState) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("done")}, {{"failed", "why"}}).ok());
  ASSERT_TRUE(ledger->add_inputs({"done", "failed", "new", "new"}).ok());
  EXPECT_THAT(pending(*ledger), ElementsAre("new"));
  EXPECT_EQ(results(*ledger).size(), 1u);
}

TEST(Ledger, RecordingAgainReplacesWhatWasKnown) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("a"), result_of("b")}, {}).ok());
  ImageResult again = result_of("a");
  again.detections.clear();
  again.embedding.clear();
  ASSERT_TRUE(ledger->record({again}, {{"b", "vanished"}}).ok());
  const auto all = results(*ledger);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].detections.empty());
  EXPECT_TRUE(all[0].embedding.empty());
  EXPECT_THAT(failures(*ledger), ElementsAre("b=vanished"));
  ASSERT_TRUE(ledger->record({result_of("b")}, {}).ok());
  EXPECT_TRUE(failures(*ledger).empty());
  EXPECT_EQ(results(*ledger).size(), 2u);
}

TEST(Ledger, WhatCannotBeOpenedAnyMoreKeepsItsResult) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->add_inputs({"b.jpg"}).ok());
  ASSERT_TRUE(ledger->record({result_of("a.jpg")}, {{"c.jpg", "not an image"}}).ok());
  ASSERT_TRUE(
      ledger->record_unopened({{"a.jpg", "away"}, {"b.jpg", "away"}, {"c.jpg", "away"}, {"d.jpg", "away"}}).ok());
  EXPECT_EQ(results(*ledger).size(), 1u);
  EXPECT_THAT(failures(*ledger), ElementsAre("b.jpg=away", "c.jpg=away", "d.jpg=away"));
  EXPECT_THAT(pending(*ledger), ElementsAre());
}

TEST(Ledger, ForgottenFailuresArePendingOnceTheyAreAddedAgain) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("a")}, {{"b", "x"}, {"c", "y"}}).ok());
  ASSERT_TRUE(ledger->forget_failures().ok());
  EXPECT_TRUE(failures(*ledger).empty());
  EXPECT_EQ(ledger->counts()->total(), 1);
  ASSERT_TRUE(ledger->add_inputs({"a", "c"}).ok());
  EXPECT_THAT(pending(*ledger), ElementsAre("c"));
  EXPECT_EQ(ledger->counts()->done, 1);
}

TEST(Ledger, VisitsInByteOrderWhateverTheScript) {
  const auto ledger = memory_ledger();
  // Upper case before lower case; '.' before '/'; two-byte before three-byte before four-byte characters.
  const std::vector<std::string> ordered = {"B.jpg", "a.jpg",    "a/b.jpg", "a1.jpg", "it's; DROP TABLE images.jpg",
                                            "é.jpg", "日本.jpg", "🚗.jpg"};
  const std::vector<std::string> reversed(ordered.rbegin(), ordered.rend());
  ASSERT_TRUE(ledger->add_inputs(reversed).ok());
  EXPECT_EQ(pending(*ledger), ordered);
  for (const std::string& name : reversed) ASSERT_TRUE(ledger->record({result_of(name)}, {}).ok());
  std::vector<std::string> visited;
  for (const ImageResult& result : results(*ledger)) visited.push_back(result.info.filename);
  EXPECT_EQ(visited, ordered);
}

TEST(Ledger, VisitsEveryImageAcrossPages) {
  const auto ledger = memory_ledger();
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(fmt::format("{:04}.jpg", i));
  ASSERT_TRUE(ledger->add_inputs(names).ok());
  EXPECT_EQ(pending(*ledger), names);
  std::vector<ImageFailure> all;
  for (const std::string& name : names) all.push_back({name, "r"});
  ASSERT_TRUE(ledger->record({}, all).ok());
  EXPECT_EQ(failures(*ledger).size(), 1000u);
}

TEST(Ledger, AVisitorMayRecordWhatItVisits) {
  const auto ledger = memory_ledger();
  std::vector<std::string> names;
  for (int i = 0; i < 600; ++i) names.push_back(fmt::format("{:04}.jpg", i));
  ASSERT_TRUE(ledger->add_inputs(names).ok());
  int visits = 0;
  const Status status = ledger->for_each_pending([&](const std::string& name) {
    ++visits;
    return ledger->record({result_of(name)}, {});
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(visits, 600);
  EXPECT_EQ(ledger->counts()->done, 600);
}

TEST(Ledger, AnotherThreadMayRecordDuringAVisit) {
  const auto ledger = memory_ledger();
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) names.push_back(fmt::format("{:04}.jpg", i));
  ASSERT_TRUE(ledger->add_inputs(names).ok());
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(ledger->record({result_of(names[static_cast<size_t>(i)])}, {}).ok());
  });
  const std::vector<std::string> seen = pending(*ledger);
  writer.join();
  EXPECT_GE(seen.size(), 1800u);
  EXPECT_EQ(ledger->counts()->pending, 1800);
}

TEST(Ledger, AVisitorsErrorEndsTheVisit) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->add_inputs({"a", "b"}).ok());
  int visits = 0;
  const Status status = ledger->for_each_pending([&](const std::string&) -> Status {
    ++visits;
    return Error{ErrorCode::kCancelled, "stop"};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(pending(*ledger).size(), 2u);
}

TEST(Ledger, FactsAreKeptAndReplaced) {
  const auto ledger = memory_ledger();
  EXPECT_EQ(*ledger->fact("model"), std::nullopt);
  ASSERT_TRUE(ledger->set_fact("model", "abc").ok());
  ASSERT_TRUE(ledger->set_fact("model", "日本").ok());
  ASSERT_TRUE(ledger->set_fact("empty", "").ok());
  EXPECT_EQ(*ledger->fact("model"), "日本");
  EXPECT_EQ(*ledger->fact("empty"), "");
}

TEST(Ledger, ABatchWithAnImpossibleImageLeavesNothingBehind) {
  const auto ledger = memory_ledger();
  const Status status = ledger->record({result_of("good.jpg"), result_of("")}, {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ledger->counts()->total(), 0);
  EXPECT_TRUE(ledger->record({result_of("good.jpg")}, {}).ok());
}

// What is copied from ledger to ledger, again and again, must not wear off.
TEST(Ledger, GivesBackAllThatItCouldBeGiven) {
  ImageResult with_objects = result_of("a.jpg");
  with_objects.detections[0].embedding = {0.3f, -0.9f, 0.1f};
  with_objects.detections[1].embedding = {-0.5f, 0.25f, 0.7f};
  const auto whole = [](const Ledger& ledger) {
    std::vector<ImageResult> all;
    EXPECT_TRUE(
        ledger.for_each_whole_result([&](const ImageResult& result) { return all.push_back(result), Status(); }).ok());
    return all;
  };
  const auto first = memory_ledger(), second = memory_ledger();
  ASSERT_TRUE(second
                  ->record({[] {
                             ImageResult other = result_of("z.jpg");
                             std::ranges::reverse(other.detections);  // so that the second numbers the labels otherwise
                             return other;
                           }()},
                           {})
                  .ok());
  ASSERT_TRUE(first->record({with_objects, result_of("b.jpg")}, {}).ok());
  ASSERT_TRUE(second->record(whole(*first), {}).ok());
  const auto given = whole(*first), copied = whole(*second);
  ASSERT_EQ(given.size(), 2u);
  ASSERT_EQ(copied.size(), 3u);
  for (size_t i = 0; i < given.size(); ++i) {
    EXPECT_EQ(copied[i].info.filename, given[i].info.filename);
    EXPECT_EQ(copied[i].embedding, given[i].embedding);
    ASSERT_EQ(copied[i].detections.size(), given[i].detections.size());
    for (size_t j = 0; j < given[i].detections.size(); ++j) {
      const Detection &a = copied[i].detections[j], &b = given[i].detections[j];
      EXPECT_EQ(a.label, b.label);
      EXPECT_EQ(a.score, b.score);
      EXPECT_EQ(a.probabilities, b.probabilities);
      EXPECT_EQ(a.embedding, b.embedding);
    }
  }
  EXPECT_EQ(given[0].detections[0].embedding.size(), 3u);
  EXPECT_TRUE(given[1].detections[0].embedding.empty());
}

Status replace_own(Ledger& ledger, const std::vector<OwnEmbedding>& embeddings, const std::string& fact,
                   int64_t count) {
  return ledger.replace_own_embeddings([&](OwnEmbeddingsAdder& adder) -> Result<std::string> {
    for (const OwnEmbedding& own : embeddings) PRETAG_TRY(adder.add(own));
    PRETAG_ASSIGN(const int64_t counted, adder.count());
    EXPECT_EQ(counted, count);
    return fact;
  });
}

TEST(Ledger, EmbeddingsOfTheUserTakeThePlaceOfTheNetworks) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->add_inputs({"pending.jpg"}).ok());
  ASSERT_TRUE(ledger->record({result_of("a.jpg"), result_of("b.jpg")}, {{"bad.jpg", "not an image"}}).ok());
  ASSERT_TRUE(replace_own(*ledger,
                          {{"a.jpg", {0, 0, 1}},
                           {"stranger.jpg", {4, 5, 6}},
                           {"bad.jpg", {7, 8, 9}},
                           {"a.jpg", {1, 2, 3}},
                           {"pending.jpg", {1, 1, 1}},
                           {"pending.jpg", {}}},
                          "3", 2)
                  .ok());
  EXPECT_EQ(results(*ledger)[0].embedding, (Embedding{1, 2, 3}));
  EXPECT_EQ(results(*ledger)[1].embedding, Embedding());  // it has none of the user's
  // What is copied is what was recorded, and the user's apart from it.
  std::vector<ImageResult> whole;
  ASSERT_TRUE(
      ledger->for_each_whole_result([&](const auto& result) { return whole.push_back(result), Status(); }).ok());
  EXPECT_EQ(whole[0].embedding, result_of("a.jpg").embedding);
  std::vector<std::string> own, empty;
  ASSERT_TRUE(ledger
                  ->for_each_own_embedding([&](const OwnEmbedding& each) {
                    return (each.embedding.empty() ? empty : own).push_back(each.filename), Status();
                  })
                  .ok());
  EXPECT_THAT(own, ElementsAre("a.jpg", "bad.jpg"));
  EXPECT_THAT(empty, ElementsAre("pending.jpg"));

  // A new input may get the number of one that was forgotten, but nothing else of it.
  ASSERT_TRUE(ledger->forget_failures().ok());
  ASSERT_TRUE(ledger->record({result_of("c.jpg")}, {}).ok());
  EXPECT_EQ(results(*ledger)[2].embedding, Embedding());
  ASSERT_TRUE(replace_own(*ledger, {}, "", 0).ok());
  EXPECT_EQ(results(*ledger)[0].embedding, result_of("a.jpg").embedding);
  ASSERT_TRUE(replace_own(*ledger, {}, "3, of none of them", 0).ok());  // a part of a run
  EXPECT_EQ(results(*ledger)[0].embedding, Embedding());
}

TEST(Ledger, AMaskedImageIsNotOneThatTheUserDidNotNameAnEmbeddingOf) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("a.jpg"), result_of("masked.jpg"), result_of("missing.jpg")}, {}).ok());
  ASSERT_TRUE(replace_own(*ledger, {{"a.jpg", {1}}, {"masked.jpg", {}}}, "1", 1).ok());
  std::vector<std::string> masked;
  const auto visit = [&](const ImageResult& result) {
    if (result.is_masked) masked.push_back(result.info.filename);
    EXPECT_EQ(result.detections.size(), 2u);
    return Status();
  };
  ASSERT_TRUE(ledger->for_each_result(visit).ok());
  ASSERT_TRUE(ledger->for_each_result_with_objects(visit).ok());
  EXPECT_THAT(masked, ElementsAre("masked.jpg", "masked.jpg"));
  ASSERT_TRUE(replace_own(*ledger, {}, "", 0).ok());
  ASSERT_TRUE(ledger->for_each_result(visit).ok());
  EXPECT_EQ(masked.size(), 2u);
}

TEST(Ledger, AfterAnErrorTheEarlierEmbeddingsOfTheUserAreThere) {
  const auto ledger = memory_ledger();
  ASSERT_TRUE(ledger->record({result_of("a.jpg")}, {}).ok());
  ASSERT_TRUE(replace_own(*ledger, {{"a.jpg", {1, 2, 3}}}, "3", 1).ok());
  const Status failed = ledger->replace_own_embeddings([](OwnEmbeddingsAdder& adder) -> Result<std::string> {
    PRETAG_TRY(adder.add({"a.jpg", {9}}));
    return Error{ErrorCode::kCorrupt, "line 7: is damaged"};
  });
  EXPECT_EQ(failed.error().message, "line 7: is damaged");
  EXPECT_EQ(results(*ledger)[0].embedding, (Embedding{1, 2, 3}));
  EXPECT_EQ(**ledger->fact(kOwnEmbeddingsFact), "3");
}

}  // namespace
}  // namespace pretag
