#include "pretag/report/debug_choice.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/report_samples.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

std::vector<std::string> names_of(const std::vector<DebugChoice>& choices) {
  std::vector<std::string> names;
  for (const DebugChoice& choice : choices) names.push_back(choice.filename);
  return names;
}

std::string name(int i) { return fmt::format("{:06}.jpg", i); }

DebugChooser fed_with_cars(int images) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < images; ++i) chooser.add(make_info(name(i)), Detections{make_detection("car", 0.6f)});
  return chooser;
}

TEST(DebugChooser, ShowsEveryImageOfASmallSet) {
  EXPECT_EQ(fed_with_cars(5).choose().size(), 5u);
  EXPECT_TRUE(fed_with_cars(0).choose().empty());
}

TEST(DebugChooser, SpreadsOverALongInputWithoutKeepingIt) {
  const std::vector<std::string> names = names_of(fed_with_cars(100'000).choose());
  ASSERT_EQ(names.size(), 12u);
  // One picture is the best of its class; of each eleventh there is one more, anywhere in it.
  for (int part = 0; part < 5; ++part) {
    const bool is_there = std::ranges::any_of(names, [&](const std::string& chosen) {
      return chosen >= name(part * 20'000) && chosen < name((part + 1) * 20'000);
    });
    EXPECT_TRUE(is_there) << part;
  }
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(DebugChooser, ShowsEveryCameraOfARig) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < 1600; ++i)
    chooser.add(make_info(fmt::format("{:06}_{}.jpg", i / 4, i % 4)), Detections{make_detection("car", 0.6f)});
  std::set<char> cameras;
  for (const std::string& chosen : names_of(chooser.choose())) cameras.insert(chosen[7]);
  EXPECT_EQ(cameras.size(), 4u);
}

TEST(DebugChooser, ChoosesTheSameAgain) {
  EXPECT_EQ(names_of(fed_with_cars(1234).choose()), names_of(fed_with_cars(1234).choose()));
}

TEST(DebugChooser, BeginsWithTheBestExampleOfTheRarestClass) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < 500; ++i) {
    Detections detections{make_detection("car", 0.6f)};
    if (i == 100) detections = {make_detection("train", 0.7f)};
    if (i == 200) detections = {make_detection("train", 0.95f)};
    if (i == 300) detections = {make_detection("bus", 0.55f)};
    chooser.add(make_info(name(i)), detections);
  }
  const std::vector<std::string> names = names_of(chooser.choose());
  ASSERT_EQ(names.size(), 12u);
  EXPECT_EQ(names[0], name(300));  // the only bus
  EXPECT_EQ(names[1], name(200));  // the better of two trains
}

TEST(DebugChooser, CoversEveryClassWithinItsLimit) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < 2000; ++i) {
    // 20 classes in pairs: one picture shows two of them.
    const int pair = i % 10;
    chooser.add(make_info(name(i)), Detections{make_detection(fmt::format("class_{}", 2 * pair), 0.9f),
                                               make_detection(fmt::format("class_{}", 2 * pair + 1), 0.8f)});
  }
  std::set<std::string> shown;
  const std::vector<DebugChoice> choices = chooser.choose();
  for (const DebugChoice& choice : choices)
    for (const Detection& detection : choice.detections) shown.insert(detection.label);
  EXPECT_EQ(shown.size(), 20u);
  EXPECT_EQ(choices.size(), 12u);  // ten cover the classes, two fill up
}

TEST(DebugChooser, NeverTakesMoreThanItsLimit) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < 91; ++i)
    chooser.add(make_info(name(i)), Detections{make_detection(fmt::format("class_{}", i), 0.9f)});
  EXPECT_EQ(chooser.choose().size(), DebugChooser::Options{}.most);
}

TEST(DebugChooser, FillsUpWithPicturesInWhichNothingWasFound) {
  DebugChooser chooser(DebugChooser::Options{});
  for (int i = 0; i < 100; ++i)
    chooser.add(make_info(name(i)), i == 50 ? Detections{make_detection("car", 0.9f)} : Detections{});
  const std::vector<DebugChoice> choices = chooser.choose();
  ASSERT_EQ(choices.size(), 12u);
  EXPECT_EQ(choices[0].filename, name(50));
  EXPECT_TRUE(choices[1].detections.empty());
}

TEST(DebugChooser, KeepsTheBestDetectionsOnlyAndNoProbabilities) {
  DebugChooser chooser(DebugChooser::Options{});
  Detections detections(kMostDrawnDetections + 20, make_detection("car", 0.9f));
  detections.front().probabilities = {0.1f, 0.9f};
  chooser.add(make_info("a.jpg"), detections);
  const std::vector<DebugChoice> choices = chooser.choose();
  ASSERT_EQ(choices.size(), 1u);
  EXPECT_EQ(choices[0].detections.size(), kMostDrawnDetections);
  EXPECT_TRUE(choices[0].detections[0].probabilities.empty());
}

}  // namespace
}  // namespace pretag
