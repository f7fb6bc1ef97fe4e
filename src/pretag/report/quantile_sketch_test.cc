#include "pretag/report/quantile_sketch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pretag {
namespace {

TEST(QuantileSketch, IsAllZeroWithoutValues) {
  const NumericSummary summary = QuantileSketch().summary();
  EXPECT_EQ(summary.count, 0);
  EXPECT_EQ(summary.mean, 0);
  EXPECT_EQ(summary.max, 0);
}

TEST(QuantileSketch, KnowsMeanAndExtremesExactly) {
  QuantileSketch sketch;
  for (const double value : {3.0, 1.0, 8.0}) sketch.add(value);
  const NumericSummary summary = sketch.summary();
  EXPECT_EQ(summary.count, 3);
  EXPECT_DOUBLE_EQ(summary.mean, 4);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.max, 8);
}

TEST(QuantileSketch, IsRightToHalfAPercentOverSixOrdersOfMagnitude) {
  QuantileSketch sketch;
  constexpr int kCount = 10001;
  const auto value = [](int i) { return std::pow(10, -2 + 6.0 * i / (kCount - 1)); };
  for (int i = 0; i < kCount; ++i) sketch.add(value(i));
  const NumericSummary summary = sketch.summary();
  const auto expect_near = [&](double quantile, double share) {
    const double exact = value(static_cast<int>(share * (kCount - 1)));
    EXPECT_NEAR(quantile, exact, 0.0051 * exact) << share;
  };
  expect_near(summary.p05, 0.05);
  expect_near(summary.p25, 0.25);
  expect_near(summary.median, 0.5);
  expect_near(summary.p75, 0.75);
  expect_near(summary.p95, 0.95);
}

TEST(QuantileSketch, KnowsTheExtremesOfAFewValues) {
  QuantileSketch sketch;
  for (const double value : {4.0, 16.0, 37.0}) sketch.add(value);
  EXPECT_NEAR(sketch.summary().p05, 4, 0.02);
  EXPECT_NEAR(sketch.summary().median, 16, 0.1);
  EXPECT_NEAR(sketch.summary().p95, 37, 0.2);
}

TEST(QuantileSketch, CountsZerosAndStaysWithinTheExtremes) {
  QuantileSketch sketch;
  for (int i = 0; i < 9; ++i) sketch.add(0);
  sketch.add(1e300);
  EXPECT_EQ(sketch.summary().median, 0);
  EXPECT_LE(sketch.summary().p95, 1e300);
  QuantileSketch same;
  for (int i = 0; i < 5; ++i) same.add(7);
  EXPECT_EQ(same.summary().median, 7);
}

// A value on an edge of the histogram went to one side of it in a set of which it was an extreme, and to the other in a
// set of which it was none.
TEST(QuantileSketch, PutsEqualValuesOfTwoSetsIntoOneBin) {
  for (int i = 1; i <= 100; ++i) {
    const double value = 0.1 * i;
    QuantileSketch all, some;
    for (const double each : {value, value / 2, value * 2}) all.add(each);
    some.add(value);
    const std::vector<int64_t> of_all = all.summary(0, 2 * value).histogram.counts;
    const std::vector<int64_t> of_some = some.summary(0, 2 * value).histogram.counts;
    for (size_t bin = 0; bin < kHistogramBins; ++bin) EXPECT_LE(of_some[bin], of_all[bin]) << value << ", bin " << bin;
  }
}

TEST(QuantileSketch, LeavesOutWhatIsNoMeasurement) {
  QuantileSketch sketch;
  sketch.add(std::numeric_limits<double>::quiet_NaN());
  sketch.add(std::numeric_limits<double>::infinity());
  sketch.add(-1);
  sketch.add(5);
  EXPECT_EQ(sketch.summary().count, 1);
  EXPECT_EQ(sketch.summary().max, 5);
}

}  // namespace
}  // namespace pretag
