// Embeddings of regions that the caller names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "pretag/detect/calibration.h"
#include "pretag/detect/detector.h"
#include "pretag/detect/transform.h"
#include "pretag/nn/weight_file.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"

namespace pretag {
namespace {

constexpr int kMinSize = 96, kMaxSize = 160;
constexpr int kWidth = 150, kHeight = 110;

const Image& picture() {
  static const Image image = make_seeded_image(kWidth, kHeight, 1);
  return image;
}

const std::shared_ptr<const WeightFile>& small_weights() {
  static const auto weights =
      make_seeded_weights({.min_size = kMinSize, .max_size = kMaxSize, .anchor_sizes = {8, 16, 32, 64, 128}});
  return weights;
}

class DetectorRegions : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (!resolve_precision(GetParam(), true).ok()) GTEST_SKIP() << "this processor cannot compute in it";
    DetectorOptions options;
    options.precision = GetParam();
    if (GetParam() == Precision::kInt8) {
      const CalibrationImages images{.count = 1, .load = [](size_t) -> Result<Image> { return picture(); }};
      options.ranges = *measure_activation_ranges(small_weights(), images, 1);
    }
    detector_.emplace(*DetectorModel::create(small_weights(), options));
  }

  DetectorOutput detect(std::span<const Box> regions_in_image, const Image& image = picture()) {
    auto output = detector_->detect(image, regions_in_image);
    EXPECT_TRUE(output.ok());
    EXPECT_EQ(output->region_embeddings.size(), regions_in_image.size());
    return *std::move(output);
  }
  std::vector<Embedding> embeddings_of(const std::vector<Box>& regions) { return detect(regions).region_embeddings; }

  std::optional<Detector> detector_;
};

INSTANTIATE_TEST_SUITE_P(InEveryPrecision, DetectorRegions,
                         testing::Values(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

double product(const Embedding& a, const Embedding& b) {
  EXPECT_EQ(a.size(), b.size());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

const std::vector<Box> kSomeRegions = {
    {10, 10, 60, 70}, {0, 0, kWidth, kHeight}, {100, 20, 130, 35}, {5, 80, 148, 109}};

TEST_P(DetectorRegions, ChangeNothingElse) {
  const DetectorOutput without = detect({}), with = detect(kSomeRegions);
  EXPECT_EQ(with.embedding, without.embedding);
  ASSERT_FALSE(without.detections.empty());
  ASSERT_EQ(with.detections.size(), without.detections.size());
  for (size_t i = 0; i < with.detections.size(); ++i) {
    const Detection &a = with.detections[i], &b = without.detections[i];
    EXPECT_EQ(a.box_in_image, b.box_in_image);
    EXPECT_EQ(a.label, b.label);
    EXPECT_EQ(a.probabilities, b.probabilities);
    EXPECT_EQ(a.embedding, b.embedding);
  }
}

// oneDNN sums differently for 64 columns of a matrix and for 1024.
TEST_P(DetectorRegions, HaveTheSameEmbeddingInAnyCompanyAndOrder) {
  std::vector<Box> many;
  for (int i = 0; i < 1500; ++i) {
    const auto x = static_cast<float>(i % 50 * 2), y = static_cast<float>(i / 50 * 3);
    many.push_back({x, y, x + 4 + static_cast<float>(i % 45), y + 5 + static_cast<float>(i % 17)});
  }
  const std::vector<Embedding> expected = embeddings_of(many);
  for (const size_t i : {0, 63, 64, 1023, 1499}) EXPECT_EQ(embeddings_of({many[i]}).front(), expected[i]) << i;
  std::ranges::reverse(many);
  std::vector<Embedding> reversed = embeddings_of(many);
  std::ranges::reverse(reversed);
  EXPECT_EQ(reversed, expected);
}

TEST_P(DetectorRegions, AreToldApart) {
  const std::vector<Embedding> embeddings = embeddings_of(kSomeRegions);
  for (size_t i = 0; i < embeddings.size(); ++i) {
    EXPECT_NEAR(product(embeddings[i], embeddings[i]), 1, 1e-5);
    for (size_t j = 0; j < i; ++j) EXPECT_LT(product(embeddings[i], embeddings[j]), 0.999) << i << " and " << j;
  }
}

TEST_P(DetectorRegions, ThatAreProposalsHaveTheEmbeddingsOfTheirDetections) {
  const NetSize size = net_size(kHeight, kWidth, kMinSize, kMaxSize);
  const float scale_x = kWidth / static_cast<float>(size.width), scale_y = kHeight / static_cast<float>(size.height);
  std::vector<Box> proposals;
  const StageObserver observer = [&](std::string_view stage, std::span<const int64_t>, std::span<const float> values) {
    if (stage != "proposals") return;
    for (size_t i = 0; i < values.size(); i += 4) {
      proposals.push_back(
          {values[i] * scale_x, values[i + 1] * scale_y, values[i + 2] * scale_x, values[i + 3] * scale_y});
    }
  };
  ASSERT_TRUE(detector_->detect(picture(), {}, &observer).ok());
  const DetectorOutput output = detect(proposals);
  ASSERT_GT(output.detections.size(), 5u);
  for (const Detection& d : output.detections) {
    std::vector<double> products;
    for (const Embedding& embedding : output.region_embeddings) products.push_back(product(d.embedding, embedding));
    std::ranges::sort(products, std::greater<>());
    EXPECT_GT(products.front(), 0.9999);
  }
}

TEST_P(DetectorRegions, ThatCannotBeSeenHaveTheEmbeddingOfTheNearestThatCan) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  const Box all{0, 0, kWidth, kHeight}, beyond_all{-1e30f, -kInfinity, 3e38f, kInfinity};
  const Box above_left{-70, -20, -30, -5}, not_a_number{kNan, kNan, kNan, kNan};
  const Box below_right{kWidth + 50, kHeight + 1, kWidth + 90, kHeight + 8},
      far_away{3e38f, 3e38f, kInfinity, kInfinity};
  const Box point{40, 50, 40, 50}, turned_around{60, 70, 20, 30}, hair{40, 49.99f, 40, 50.01f};
  const std::vector<Box> regions = {all,      beyond_all, above_left,    not_a_number, below_right,
                                    far_away, point,      turned_around, hair};
  const std::vector<Embedding> embeddings = embeddings_of(regions);
  for (const Embedding& embedding : embeddings) EXPECT_NEAR(product(embedding, embedding), 1, 1e-5);
  EXPECT_EQ(embeddings[1], embeddings[0]);
  EXPECT_EQ(embeddings[3], embeddings[2]);
  EXPECT_EQ(embeddings[5], embeddings[4]);
  EXPECT_GT(product(embeddings[7], embeddings[6]), 0.99999);
  EXPECT_GT(product(embeddings[8], embeddings[6]), 0.99999);
  EXPECT_LT(product(embeddings[4], embeddings[2]), 0.999);

  for (const Embedding& embedding : detect(regions, make_seeded_image(1, 1, 1)).region_embeddings)
    EXPECT_NEAR(product(embedding, embedding), 1, 1e-5);
}

class LapRecorder : public ComputeProfile {
 public:
  void convolved(const ConvolutionWork&) override {}
  void lap(std::string_view stage) override { stages.emplace_back(stage); }
  std::vector<std::string> stages;
};

TEST_P(DetectorRegions, TakeTimeInTheStagesThatComputeThem) {
  LapRecorder recorder;
  ASSERT_TRUE(detector_->set_profile(&recorder).ok());
  (void)detect(kSomeRegions);
  const auto first = std::ranges::find(recorder.stages, kRoiAlignStage);
  const std::vector<std::string_view> expected = {kRoiAlignStage, kBoxHeadStage,     kPostprocessStage, kRoiAlignStage,
                                                  kBoxHeadStage,  kPostprocessStage, kPostprocessStage};
  EXPECT_TRUE(std::equal(first, recorder.stages.end(), expected.begin(), expected.end()));
}

}  // namespace
}  // namespace pretag
