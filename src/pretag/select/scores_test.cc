#include "pretag/select/scores.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace pretag {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Uncertainty = double (*)(std::span<const float>);
constexpr Uncertainty kUncertainties[] = {uncertainty_least_confidence, uncertainty_margin, uncertainty_entropy};

std::vector<float> probabilities(std::initializer_list<float> values) { return values; }

Detection object(std::string label, float score, std::vector<float> class_probabilities = {}) {
  return {.box_in_image = {}, .label = std::move(label), .score = score, .probabilities = class_probabilities};
}

TEST(Scores, OfThreeClassesAreWhatTheFormulasSay) {
  const auto p = probabilities({0.2f, 0.7f, 0.1f});
  EXPECT_NEAR(uncertainty_least_confidence(p), 0.3 / (2.0 / 3), 1e-6);
  EXPECT_NEAR(uncertainty_margin(p), 1 - (0.7 - 0.2), 1e-6);
  EXPECT_NEAR(uncertainty_entropy(p), 1.1567796 / 1.5849625, 1e-6);
}

TEST(Scores, ASureVectorIsZeroAndAUniformOneIsOne) {
  for (const Uncertainty uncertainty : kUncertainties) {
    for (const size_t classes : {2, 3, 7, 91}) {
      std::vector<float> p(classes, 0.0f);
      p[classes / 2] = 1;
      EXPECT_EQ(uncertainty(p), 0) << classes;
      std::ranges::fill(p, 1.0f / static_cast<float>(classes));
      EXPECT_NEAR(uncertainty(p), 1, 1e-5) << classes;
    }
  }
}

TEST(Scores, ASingleProbabilityStandsForTwoClasses) {
  for (const Uncertainty uncertainty : kUncertainties) {
    EXPECT_EQ(uncertainty(probabilities({0.8f})), uncertainty(probabilities({0.8f, 1 - 0.8f})));
  }
  EXPECT_NEAR(uncertainty_least_confidence(probabilities({0.8f})), 0.4, 1e-6);
  EXPECT_NEAR(uncertainty_entropy(probabilities({0.8f})), 0.7219281, 1e-6);
}

TEST(Scores, WhatIsNoProbabilityIsZeroWhereverItStands) {
  for (const Uncertainty uncertainty : kUncertainties) {
    EXPECT_EQ(uncertainty(probabilities({kNan, 0.5f, 0.5f})), 0);
    EXPECT_EQ(uncertainty(probabilities({0.5f, 0.5f, kNan})), 0);
    EXPECT_EQ(uncertainty(probabilities({kNan})), 0);
    EXPECT_EQ(uncertainty({}), 0);
  }
}

TEST(Scores, NeverLeaveZeroToOne) {
  for (const Uncertainty uncertainty : kUncertainties) {
    for (const auto& p : {probabilities({1.0000001f, 0}), probabilities({-0.2f, 0.1f}), probabilities({2, 3, 4})}) {
      EXPECT_GE(uncertainty(p), 0);
      EXPECT_LE(uncertainty(p), 1);
    }
  }
}

TEST(Scores, AnImageIsAsUncertainAsItsMostUncertainObject) {
  const std::vector<Detection> objects = {object("car", 0.9f), object("car", 0.6f), object("bus", 0.99f)};
  const ScoreOptions options{.classes = 3};
  // 0.6 on the label and 0.2 on each of the other two.
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyLeastConfidence, objects, options), 0.4 / (2.0 / 3), 1e-6);
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyMargin, objects, options), 1 - 0.4, 1e-6);
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyEntropy, objects, options), 1.3709506 / 1.5849625, 1e-6);
}

TEST(Scores, ProbabilitiesAreComparedWithoutTheBackground) {
  // 0.6 and 0.2 become 0.75 and 0.25.
  const std::vector<Detection> objects = {object("car", 0.6f, {0.2f, 0.6f, 0.2f})};
  const ScoreOptions options{.classes = 2};
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyMargin, objects, options), 0.5, 1e-6);
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyLeastConfidence, objects, options), 0.5, 1e-6);
}

TEST(Scores, AnOnlyClassIsComparedWithTheBackground) {
  const ScoreOptions options{.classes = 1};
  const std::vector<Detection> with = {object("car", 0.6f, {0.4f, 0.6f})}, without = {object("car", 0.6f)};
  for (const auto& objects : {with, without}) {
    EXPECT_NEAR(score_image(DetectionScore::kUncertaintyMargin, objects, options), 0.8, 1e-6);
  }
}

TEST(Scores, ASegmentationIsAsUncertainAsItsPixelsInTheMean) {
  // 300 pixels with 0.75 and 0.25, 100 with 0.5 and 0.5.
  std::vector<Detection> segments = {object("road", 0.75f, {0, 0.75f, 0.25f}), object("sky", 0.5f)};
  segments[0].pixels = 300;
  segments[1].pixels = 100;
  const ScoreOptions options{.classes = 2, .of_pixels = true};
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyLeastConfidence, segments, options), 0.625, 1e-6);
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyMargin, segments, options), 0.625, 1e-6);
  EXPECT_NEAR(score_image(DetectionScore::kUncertaintyEntropy, segments, options), (3 * 0.8112781 + 1) / 4, 1e-6);
}

TEST(Scores, ASegmentCutInPiecesIsAsUncertainAsTheWhole) {
  std::vector<Detection> whole = {object("road", 0.6f), object("sky", 0.9f)};
  std::vector<Detection> cut = {object("road", 0.6f), object("sky", 0.9f), object("road", 0.6f)};
  whole[0].pixels = 2'000'000, whole[1].pixels = 1;
  cut[0].pixels = 1, cut[1].pixels = 1, cut[2].pixels = 1'999'999;
  for (const auto score : {DetectionScore::kUncertaintyLeastConfidence, DetectionScore::kUncertaintyMargin,
                           DetectionScore::kUncertaintyEntropy}) {
    const ScoreOptions options{.classes = 5, .of_pixels = true};
    EXPECT_NEAR(score_image(score, whole, options), score_image(score, cut, options), 1e-12);
  }
}

TEST(Scores, WithoutAPixelThereIsNoUncertainty) {
  const std::vector<Detection> segments = {object("road", 0.5f)};
  for (const auto score : {DetectionScore::kUncertaintyLeastConfidence, DetectionScore::kUncertaintyMargin,
                           DetectionScore::kUncertaintyEntropy}) {
    EXPECT_EQ(score_image(score, segments, {.classes = 2, .of_pixels = true}), 0);
    EXPECT_EQ(score_image(score, {}, {.classes = 2, .of_pixels = true}), 0);
  }
}

TEST(Scores, ObjectnessIsThatOfTheMeanScore) {
  const std::vector<Detection> objects = {object("car", 0.9f), object("bus", 0.6f)};
  EXPECT_NEAR(score_image(DetectionScore::kObjectnessLeastConfidence, objects, {}), 0.25, 1e-6);
}

TEST(Scores, AnImageWithoutObjectsIsZero) {
  for (const std::string& name : detection_score_names()) {
    EXPECT_EQ(score_image(*detection_score_named(name), {}, {.classes = 7}), 0) << name;
  }
}

TEST(Scores, FurtherObjectsOfAClassAreWorthThePenalty) {
  const std::vector<Detection> objects = {object("car", 1), object("car", 1), object("car", 1), object("person", 1)};
  EXPECT_NEAR(score_image(DetectionScore::kObjectFrequency, objects, {.frequency_penalty = 0.25}), 2.5, 1e-12);
  EXPECT_NEAR(score_image(DetectionScore::kObjectFrequency, objects, {.frequency_penalty = 0}), 2, 1e-12);
  EXPECT_NEAR(score_image(DetectionScore::kObjectFrequency, objects, {.frequency_penalty = 1}), 4, 1e-12);
}

TEST(Scores, ObjectFrequenciesAreScaledFromTheLeastScoreToOne) {
  std::vector<double> values = {2.5, 0, 1};
  scale_object_frequencies(values, 0.9);
  EXPECT_THAT(values, testing::Pointwise(testing::DoubleNear(1e-12), {1.0, 0.9, 0.94}));
  std::vector<double> equal = {3, 3};
  scale_object_frequencies(equal, 0.9);
  EXPECT_THAT(equal, testing::ElementsAre(0.9, 0.9));
  scale_object_frequencies({}, 0.9);
}

TEST(Scores, EveryNameIsFoundAndNoOther) {
  EXPECT_EQ(detection_score_names().size(), 5u);
  for (const std::string& name : detection_score_names()) EXPECT_TRUE(detection_score_named(name)) << name;
  EXPECT_EQ(detection_score_named("mean_uncertainty"), DetectionScore::kObjectnessLeastConfidence);
  EXPECT_FALSE(detection_score_named("object-frequency"));
  EXPECT_FALSE(detection_score_named(""));
}

}  // namespace
}  // namespace pretag
