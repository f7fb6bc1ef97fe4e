#include "pretag/nn/range_collector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pretag/nn/feature_ops.h"

namespace pretag {
namespace {

TEST(MagnitudeHistogram, UniformValuesAreTakenWhole) {
  MagnitudeHistogram histogram;
  for (int i = 0; i < 100'000; ++i) histogram.add(static_cast<float>(i) * 3 / 100'000);
  const ActivationRange range = histogram.best_range(255);
  EXPECT_NEAR(range.limit, 3, 0.03);
  // Uniform noise of a 255th of a uniform signal: 20 log10(2 * 255) dB.
  EXPECT_NEAR(range.sqnr_db, 20 * std::log10(2 * 255.0), 0.5);
}

TEST(MagnitudeHistogram, FewFarValuesAreCutOff) {
  std::mt19937 generator(1);
  std::exponential_distribution<float> exponential(1);
  MagnitudeHistogram histogram;
  float largest = 0;
  for (int i = 0; i < 500'000; ++i) {
    const float value = exponential(generator);
    largest = std::max(largest, value);
    histogram.add(value);
  }
  const ActivationRange range = histogram.best_range(31);
  EXPECT_LT(range.limit, 0.8f * largest);
  EXPECT_GT(range.limit, 3.0f);
}

TEST(MagnitudeHistogram, DoesNotDependOnTheOrder) {
  MagnitudeHistogram rising, falling;
  for (int i = 1; i <= 1000; ++i) {
    rising.add(static_cast<float>(i * i) * 1e-3f);
    falling.add(static_cast<float>((1001 - i) * (1001 - i)) * 1e-3f);
  }
  EXPECT_EQ(rising.best_range(127).limit, falling.best_range(127).limit);
}

TEST(MagnitudeHistogram, PartsMergeToTheWhole) {
  MagnitudeHistogram whole, small, large;
  for (int i = 1; i <= 1000; ++i) {
    const float value = static_cast<float>(i * i) * (i % 2 == 0 ? -1e-3f : 1e-5f);
    whole.add(value);
    (i % 2 == 0 ? large : small).add(value);
  }
  MagnitudeHistogram merged = small;
  merged.merge(large);
  large.merge(small);
  for (const MagnitudeHistogram& parts : {merged, large}) {
    EXPECT_EQ(parts.best_range(127).limit, whole.best_range(127).limit);
    EXPECT_EQ(parts.best_range(127).sqnr_db, whole.best_range(127).sqnr_db);
    EXPECT_TRUE(parts.has_negative());
  }
}

TEST(MagnitudeHistogram, ZerosAloneHaveNoRange) {
  MagnitudeHistogram histogram;
  for (int i = 0; i < 10; ++i) histogram.add(0);
  EXPECT_EQ(histogram.best_range(255).limit, 0);
  EXPECT_FALSE(histogram.has_negative());
}

TEST(RangeCollector, KnowsLayersByName) {
  Arena arena;
  const std::vector<float> positive = {0, 1, 2, 3}, both = {-8, 1, 2, 3};
  const ComputeFormat format{ElementType::kFloat32, 0};
  RangeCollector collector;
  collector.add("a", from_nchw(arena, format, 4, 1, 1, positive.data()));
  collector.add("b", from_nchw(arena, format, 4, 1, 1, both.data()));
  const auto ranges = collector.ranges();
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_NEAR(ranges.at("a").limit, 3, 0.1);
  EXPECT_NEAR(ranges.at("b").limit, 8, 0.2);
}

TEST(RangeCollector, NamesTheLayerThatGivesNoNumbers) {
  Arena arena;
  const ComputeFormat format{ElementType::kFloat32, 0};
  RangeCollector collector, other;
  collector.add("a", from_nchw(arena, format, 2, 1, 1, std::vector<float>{1, 2}.data()));
  EXPECT_EQ(collector.non_finite_layer(), "");
  other.add("b", from_nchw(arena, format, 2, 1, 1, std::vector<float>{1, INFINITY}.data()));
  collector.merge(other);
  EXPECT_EQ(collector.non_finite_layer(), "b");
}

TEST(ActivationRanges, RoundTripAsJson) {
  ActivationRanges ranges;
  ranges.images = 12;
  ranges.layers["backbone.body.conv1"] = {3.25f, 41.5f};
  ranges.layers["dead"] = {0, 0};
  ranges.model_sha256 = "abc";
  const auto parsed = parse_activation_ranges(to_json(ranges));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->images, 12);
  EXPECT_EQ(parsed->layers.at("backbone.body.conv1").limit, 3.25f);
  EXPECT_EQ(parsed->layers.at("backbone.body.conv1").sqnr_db, 41.5f);
  EXPECT_EQ(parsed->layers.size(), 2u);
  EXPECT_EQ(parsed->model_sha256, "abc");
}

TEST(ActivationRanges, DamagedOnesAreExplained) {
  for (const char* text :
       {"", "[]", "{}", R"({"images": 1})", R"({"images": 1, "layers": []})", R"({"images": 1, "layers": {"a": 3}})",
        R"({"images": 1, "layers": {"a": {"limit": -1, "sqnr_db": 1}}})",
        R"({"images": 1, "layers": {"a": {"limit": 1e39, "sqnr_db": 1}}})",
        R"({"images": 1, "layers": {"a": {"limit": 1}}})"}) {
    const auto parsed = parse_activation_ranges(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(parsed.error().message.find("activation ranges"), std::string::npos);
  }
}

}  // namespace
}  // namespace pretag
