// Mean, extremes and quantiles of a stream of numbers in constant memory.
#pragma once

#include <cstdint>
#include <vector>

#include "pretag/report/object_statistics.h"

namespace pretag {

// Of the histogram in a summary.
inline constexpr size_t kHistogramBins = 20;

// DDSketch (Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
// VLDB 2019) with a fixed range of buckets: bucket i holds the values in (gamma^(i-1), gamma^i], so a quantile is right
// to 0.5 % of its value. For values >= 0; those below 1e-4 count as 0, those above 1e9 land in the last bucket.
class QuantileSketch {
 public:
  // Values that are not finite or negative are left out.
  void add(double value);
  NumericSummary summary() const { return summary(0, useful_high()); }
  // The histogram covers [low, high].
  NumericSummary summary(double low, double high) const;
  // From 0 to the largest value, or to 1.5 times the 95th percentile where a few values lie far beyond the others.
  double useful_high() const;

 private:
  double quantile(double q) const;

  Histogram histogram(double low, double high) const;

  int64_t count_ = 0, zeros_ = 0;
  double mean_ = 0, squared_deviations_ = 0, min_ = 0, max_ = 0;
  std::vector<int64_t> buckets_;  // made on the first value
};

}  // namespace pretag
