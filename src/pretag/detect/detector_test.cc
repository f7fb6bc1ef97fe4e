#include "pretag/detect/detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "pretag/nn/compute_format.h"
#include "pretag/nn/weight_file.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"

namespace pretag {
namespace {

const std::shared_ptr<const WeightFile>& small_weights() {
  static const auto weights =
      make_seeded_weights({.min_size = 96, .max_size = 160, .anchor_sizes = {8, 16, 32, 64, 128}});
  return weights;
}

std::shared_ptr<const DetectorModel> small_model(const DetectorOptions& options = {.precision = Precision::kFloat32}) {
  auto model = DetectorModel::create(small_weights(), options);
  EXPECT_TRUE(model.ok());
  return *model;
}

DetectorOutput detect(Detector& detector, const Image& image) {
  auto output = detector.detect(image);
  EXPECT_TRUE(output.ok());
  return *std::move(output);
}

void expect_equal(const DetectorOutput& a, const DetectorOutput& b) {
  EXPECT_EQ(a.embedding, b.embedding);
  ASSERT_EQ(a.detections.size(), b.detections.size());
  for (size_t i = 0; i < a.detections.size(); ++i) {
    EXPECT_EQ(a.detections[i].box_in_image, b.detections[i].box_in_image);
    EXPECT_EQ(a.detections[i].label, b.detections[i].label);
    EXPECT_EQ(a.detections[i].probabilities, b.detections[i].probabilities);
    EXPECT_EQ(a.detections[i].embedding, b.detections[i].embedding);
  }
}

TEST(Detector, AnImagesResultDependsOnNothingElse) {
  const auto model = small_model();
  const Image image = make_seeded_image(150, 110, 1);
  Detector fresh(model);
  const DetectorOutput alone = detect(fresh, image);
  ASSERT_FALSE(alone.detections.empty());

  Detector used(model);
  for (int i = 0; i < 6; ++i) (void)detect(used, make_seeded_image(60 + 25 * i, 200 - 20 * i, 2 + i));
  expect_equal(alone, detect(used, image));

  DetectorOutput beside[3];
  {
    std::vector<std::jthread> threads;
    for (DetectorOutput& output : beside) {
      threads.emplace_back([&] {
        Detector detector(model);
        (void)detect(detector, make_seeded_image(90, 70, 9));
        output = detect(detector, image);
      });
    }
  }
  for (const DetectorOutput& output : beside) expect_equal(alone, output);
}

TEST(Detector, BoxesLieInTheImageAndScoresFall) {
  Detector detector(small_model());
  for (const auto& [width, height] : {std::pair{33, 47}, {500, 120}, {90, 300}, {1, 1}, {2000, 3}}) {
    const DetectorOutput output = detect(detector, make_seeded_image(width, height, 3));
    float last = 1;
    for (const Detection& d : output.detections) {
      EXPECT_GE(d.box_in_image.x1, 0);
      EXPECT_GE(d.box_in_image.y1, 0);
      EXPECT_LE(d.box_in_image.x2, static_cast<float>(width) * 1.0001f);
      EXPECT_LE(d.box_in_image.y2, static_cast<float>(height) * 1.0001f);
      EXPECT_LE(d.score, last);
      EXPECT_GT(d.score, 0.05f);
      last = d.score;
    }
  }
}

TEST(Detector, EmbeddingsHaveUnitLengthAndTellImagesApart) {
  Detector detector(small_model());
  const Embedding a = detect(detector, make_seeded_image(120, 90, 1)).embedding;
  const Embedding b = detect(detector, make_seeded_image(120, 90, 2)).embedding;
  double length = 0, product = 0;
  for (size_t i = 0; i < a.size(); ++i) length += a[i] * a[i], product += a[i] * b[i];
  EXPECT_NEAR(length, 1, 1e-5);
  EXPECT_LT(product, 0.9999);
}

TEST(Detector, EveryObjectHasAnEmbeddingOfUnitLengthAndTheyTellThemApart) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    if (precision == Precision::kBFloat16 && !supports_bfloat16()) continue;
    Detector detector(small_model({.precision = precision}));
    const auto detections = detect(detector, make_seeded_image(150, 110, 1)).detections;
    ASSERT_GT(detections.size(), 5u);
    size_t like_the_first = 0;
    for (const Detection& d : detections) {
      ASSERT_EQ(d.embedding.size(), 128u);
      double length = 0;
      for (const float value : d.embedding) length += value * value;
      EXPECT_NEAR(length, 1, 1e-5);
      like_the_first += d.embedding == detections[0].embedding ? 1 : 0;
    }
    EXPECT_LT(like_the_first, detections.size());
  }
}

TEST(Detector, ScoreThresholdAndLimitAreRespected) {
  const Image image = make_seeded_image(150, 110, 1);
  Detector all(small_model()),
      few(small_model({.precision = Precision::kFloat32, .score_threshold = 0.3f, .max_detections = 5}));
  const auto every = detect(all, image).detections, some = detect(few, image).detections;
  ASSERT_GT(every.size(), 5u);
  ASSERT_LE(some.size(), 5u);
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].box_in_image, every[i].box_in_image);
    EXPECT_EQ(some[i].embedding, every[i].embedding);  // however many other objects are reported
  }
}

TEST(DetectorModel, NamesAMissingParameter) {
  auto tensors = small_weights()->tensors();
  tensors.erase("backbone.body.layer3.2.bn2.running_var");
  const auto broken = std::make_shared<const WeightFile>(tensors, small_weights()->metadata(), small_weights());
  const auto model = DetectorModel::create(broken, {});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("backbone.body.layer3.2.bn2.running_var"), std::string::npos);
}

TEST(DetectorModel, RefusesWeightsThatAreNotNumbers) {
  auto tensors = small_weights()->tensors();
  WeightTensor& bias = tensors.at("rpn.head.cls_logits.bias");
  const std::vector<float> values(3, std::numeric_limits<float>::quiet_NaN());
  bias.bytes = std::as_bytes(std::span(values));
  const auto broken = std::make_shared<const WeightFile>(tensors, small_weights()->metadata(), small_weights());
  const auto model = DetectorModel::create(broken, {});
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("rpn.head.cls_logits.bias"), std::string::npos);
}

}  // namespace
}  // namespace pretag
