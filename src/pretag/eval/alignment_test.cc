#include "pretag/eval/alignment.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace pretag {
namespace {

const std::vector<std::string> kClasses = {"__background__", "car", "person"};

Detection detection(const std::string& label, std::vector<float> probabilities, Box box = {0, 0, 10, 10}) {
  const float score = probabilities[label == "car" ? 1 : 2];
  return {.box_in_image = box, .label = label, .score = score, .probabilities = std::move(probabilities)};
}

GroundTruth object(const std::string& label, Box box = {0, 0, 10, 10}, bool crowd = false) {
  return {.box_in_image = box, .label = label, .area = box.area(), .crowd = crowd};
}

// 100 images of two cars and a person each. A detector that found every car, but is shy: of them and of persons, scores
// are spread over 0.06 to 0.6, and what a class gets is taken from the background and from the other class.
std::vector<EvalImage> shy_detector() {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> score(0.06f, 0.6f), part(0.0f, 0.3f);
  std::vector<EvalImage> images(100);
  for (EvalImage& image : images) {
    image.truth.objects = {object("car"), object("car"), object("person")};
    for (int i = 0; i < 4; ++i) {
      const float own = score(random), other = part(random) * (1 - own);
      image.prediction.detections.push_back(detection("car", {1 - own - other, own, other}));
      if (i < 2) image.prediction.detections.push_back(detection("person", {1 - own - other, other, own}));
    }
  }
  return images;
}

AlignmentOptions options(std::vector<std::string> labelled = {"car", "person"}) {
  return {.classes = kClasses, .labelled = std::move(labelled), .switched_off = {}, .score_threshold = 0.5f};
}

// What the detector would count if its logits were changed: the definition, computed from the start.
int64_t counted(const std::vector<EvalImage>& images, const std::vector<ClassAlignment>& alignment, size_t which) {
  std::vector<double> changes(kClasses.size(), 0.0);
  for (size_t i = 0; i < alignment.size(); ++i) changes[i + 1] = alignment[i].change;
  int64_t count = 0;
  for (const EvalImage& image : images) {
    for (const Detection& d : image.prediction.detections) {
      if (d.label != kClasses[which]) continue;
      double sum = 0;
      for (size_t k = 0; k < kClasses.size(); ++k) sum += d.probabilities[k] * std::exp(changes[k]);
      if (d.probabilities[which] * std::exp(changes[which]) / sum >= 0.5) ++count;
    }
  }
  return count;
}

TEST(Alignment, AsManyAreCountedAsAreLabelled) {
  const auto images = shy_detector();
  const auto alignment = align_counts(images, options());
  ASSERT_EQ(alignment.size(), 2u);
  EXPECT_EQ(alignment[0].name, "car");
  EXPECT_EQ(alignment[0].objects, 200);
  EXPECT_LT(alignment[0].before, 120);
  EXPECT_NEAR(static_cast<double>(alignment[0].after), 200, 1);
  EXPECT_GT(alignment[0].change, 0.1f);
  EXPECT_EQ(alignment[1].objects, 100);
  EXPECT_NEAR(static_cast<double>(alignment[1].after), 100, 1);
  for (size_t i : {0, 1}) {
    EXPECT_EQ(counted(images, alignment, i + 1), alignment[i].after);
  }
}

TEST(Alignment, ADetectorThatSeesTooManyIsHeldBack) {
  auto images = shy_detector();
  for (EvalImage& image : images) image.truth.objects.resize(1);
  for (size_t i = 0; i < 80; ++i) images[i].truth.objects.clear();
  const auto alignment = align_counts(images, options({"car"}));
  EXPECT_EQ(alignment[0].objects, 20);
  EXPECT_GT(alignment[0].before, 40);
  EXPECT_EQ(alignment[0].after, 20);
  EXPECT_LT(alignment[0].change, 0);
}

TEST(Alignment, TooFewObjectsChangeNothing) {
  auto images = shy_detector();
  images.resize(7);  // 14 cars
  const auto alignment = align_counts(images, options({"car"}));
  EXPECT_EQ(alignment[0].objects, 14);
  EXPECT_EQ(alignment[0].change, 0);
  EXPECT_EQ(alignment[0].after, alignment[0].before);
}

TEST(Alignment, WhatWasNeverDetectedCannotBeCounted) {
  std::vector<EvalImage> images(20);
  for (EvalImage& image : images) image.truth.objects = {object("car"), object("person")};
  images[0].prediction.detections = {detection("car", {0.8f, 0.15f, 0.05f})};
  const auto alignment = align_counts(images, options());
  EXPECT_EQ(alignment[0].change, 0) << "who knows what else would be counted";
  EXPECT_EQ(alignment[0].after, alignment[0].before);
  EXPECT_EQ(alignment[1].change, 0);
}

TEST(Alignment, WhatIsSwitchedOffIsNotCountedAndTheOthersAreAlignedToThat) {
  const auto images = shy_detector();
  AlignmentOptions without_persons = options({"car"});
  without_persons.switched_off = {"person"};
  const auto alignment = align_counts(images, without_persons);
  ASSERT_EQ(alignment.size(), 2u);
  EXPECT_NEAR(static_cast<double>(alignment[0].after), 200, 1);
  EXPECT_EQ(alignment[1].name, "person");
  EXPECT_EQ(alignment[1].change, -10);
  EXPECT_GT(alignment[1].before, 0);
  EXPECT_EQ(alignment[1].after, 0);
  // What persons took from cars is the cars' again, so they need less.
  EXPECT_LT(alignment[0].change, align_counts(images, options({"car"}))[0].change);
  for (size_t i : {0, 1}) EXPECT_EQ(counted(images, alignment, i + 1), alignment[i].after);
}

TEST(Alignment, CrowdsAndWhatLiesInThemDoNotCount) {
  auto images = shy_detector();
  const auto expected = align_counts(images, options({"car"}));
  for (EvalImage& image : images) {
    image.truth.objects.push_back(object("car", {100, 100, 200, 200}, true));
    image.prediction.detections.push_back(detection("car", {0.05f, 0.9f, 0.05f}, {120, 120, 140, 140}));
  }
  const auto alignment = align_counts(images, options({"car"}));
  EXPECT_EQ(alignment[0].objects, expected[0].objects);
  EXPECT_EQ(alignment[0].before, expected[0].before);
  EXPECT_EQ(alignment[0].change, expected[0].change);
}

TEST(Alignment, ClassesThatTheModelDoesNotKnowAreLeftAlone) {
  const auto alignment = align_counts(shy_detector(), options({"zebra"}));
  EXPECT_EQ(alignment[0].objects, 0);
  EXPECT_EQ(alignment[0].change, 0);
}

}  // namespace
}  // namespace pretag
