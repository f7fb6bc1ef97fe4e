// The detector on a GPU is the detector on the processor, but for the order in which float32 is summed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <thread>

#include "pretag/detect/detector.h"
#include "pretag/nn/weight_file.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"
#include "support/test_gpu.h"

namespace pretag {
namespace {

using testing::HasSubstr;

std::shared_ptr<const DetectorModel> model_on(const Gpus& gpus) {
  static const auto weights =
      make_seeded_weights({.min_size = 96, .max_size = 160, .anchor_sizes = {8, 16, 32, 64, 128}});
  auto model = DetectorModel::create(weights, {.gpus = gpus, .precision = Precision::kFloat32});
  EXPECT_TRUE(model.ok());
  return *model;
}

// Of two levels, one that nobody can see, and more than are computed at once.
const std::vector<Box> kRegions = [] {
  std::vector<Box> regions = {{0, 0, 150, 110}, {-9, 300, -5, 400}};
  for (int i = 0; i < 70; ++i) {
    const auto x = static_cast<float>(i);
    regions.push_back({x, 5, x + 6, 100 - x});
  }
  return regions;
}();

struct Seen {
  DetectorOutput output;
  std::map<std::string, std::vector<float>> stages;
};

Seen see(Detector& detector, const Image& image) {
  Seen seen;
  const StageObserver observer = [&](std::string_view stage, std::span<const int64_t>, std::span<const float> values) {
    seen.stages[std::string(stage)].assign(values.begin(), values.end());
  };
  auto output = detector.detect(image, kRegions, &observer);
  EXPECT_TRUE(output.ok());
  seen.output = *std::move(output);
  return seen;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected, float tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  float largest = 0;
  for (const float value : expected) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], tolerance * largest) << "at " << i;
}

TEST(GpuDetector, ComputesWhatTheProcessorComputes) {
  Detector processor(model_on({})), gpu(model_on({test_gpu()}));
  for (const auto& [width, height] : {std::pair{150, 110}, {97, 160}, {40, 33}}) {
    const Image image = make_seeded_image(width, height, 1);
    const Seen expected = see(processor, image), found = see(gpu, image);
    ASSERT_EQ(found.stages.size(), expected.stages.size());
    for (const char* stage : {"transform", "C2", "C3", "C4", "C5", "P2", "P3", "P4", "P5", "P6", "rpn_logits.P2",
                              "rpn_logits.P6", "rpn_deltas.P3"}) {
      SCOPED_TRACE(stage);
      expect_near(found.stages.at(stage), expected.stages.at(stage), 1e-4f);
    }
    const auto& detections = found.output.detections;
    ASSERT_EQ(detections.size(), expected.output.detections.size());
    ASSERT_GT(detections.size(), 5u);
    for (size_t i = 0; i < detections.size(); ++i) {
      const Detection& same = expected.output.detections[i];
      EXPECT_EQ(detections[i].label, same.label);
      EXPECT_NEAR(detections[i].score, same.score, 1e-3f);
      EXPECT_NEAR(detections[i].box_in_image.x1, same.box_in_image.x1, 0.05f);
      EXPECT_NEAR(detections[i].box_in_image.y2, same.box_in_image.y2, 0.05f);
      expect_near(detections[i].embedding, same.embedding, 1e-3f);
    }
    expect_near(found.output.embedding, expected.output.embedding, 1e-3f);
    ASSERT_EQ(found.output.region_embeddings.size(), kRegions.size());
    for (size_t i = 0; i < kRegions.size(); ++i) {
      SCOPED_TRACE(i);
      expect_near(found.output.region_embeddings[i], expected.output.region_embeddings[i], 1e-4f);
    }
  }
}

TEST(GpuDetector, AnImagesResultDependsOnNothingElse) {
  const auto model = model_on({test_gpu(), test_gpu()});  // two, each with its own weights
  const Image image = make_seeded_image(150, 110, 2);
  Detector fresh(model);
  const DetectorOutput alone = *fresh.detect(image);
  DetectorOutput beside[3];
  {
    std::vector<std::jthread> threads;
    for (DetectorOutput& output : beside) {
      threads.emplace_back([&] {
        Detector detector(model);
        ASSERT_TRUE(detector.detect(make_seeded_image(90, 70, 9)).ok());
        output = *detector.detect(image);
      });
    }
  }
  for (const DetectorOutput& output : beside) {
    EXPECT_EQ(output.embedding, alone.embedding);
    ASSERT_EQ(output.detections.size(), alone.detections.size());
    for (size_t i = 0; i < alone.detections.size(); ++i) {
      EXPECT_EQ(output.detections[i].box_in_image, alone.detections[i].box_in_image);
      EXPECT_EQ(output.detections[i].probabilities, alone.detections[i].probabilities);
    }
  }
}

TEST(GpuDetector, RegionsChangeNothingElseAndNotOneAnother) {
  Detector detector(model_on({test_gpu()}));
  const Image image = make_seeded_image(150, 110, 1);
  const DetectorOutput without = *detector.detect(image), with = *detector.detect(image, kRegions);
  EXPECT_EQ(with.embedding, without.embedding);
  ASSERT_EQ(with.detections.size(), without.detections.size());
  for (size_t i = 0; i < with.detections.size(); ++i) {
    EXPECT_EQ(with.detections[i].box_in_image, without.detections[i].box_in_image);
    EXPECT_EQ(with.detections[i].embedding, without.detections[i].embedding);
  }
  for (const size_t i : {1, 71}) {
    const DetectorOutput alone = *detector.detect(image, std::span(kRegions).subspan(i, 1));
    EXPECT_EQ(alone.region_embeddings.front(), with.region_embeddings[i]);
  }
}

TEST(GpuDetector, ComputesInFloatsOnly) {
  EXPECT_EQ(*resolve_precision(Precision::kAuto, true, {test_gpu()}), Precision::kFloat32);
  const auto refused = resolve_precision(Precision::kInt8, true, {test_gpu()});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("precision=int8"));
}

}  // namespace
}  // namespace pretag
