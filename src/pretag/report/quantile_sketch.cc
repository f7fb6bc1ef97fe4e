#include "pretag/report/quantile_sketch.h"

#include <algorithm>
#include <cmath>

namespace pretag {
namespace {

constexpr double kRelativeError = 0.005;
constexpr double kGamma = (1 + kRelativeError) / (1 - kRelativeError);
constexpr double kSmallest = 1e-4, kLargest = 1e9;

int bucket_index(double value) { return static_cast<int>(std::ceil(std::log(value) / std::log(kGamma))); }

}  // namespace

void QuantileSketch::add(double value) {
  if (!std::isfinite(value) || value < 0) return;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  ++count_;
  const double from_old_mean =
      value - mean_;  // Welford, "Note on a method for calculating corrected sums of squares", 1962
  mean_ += from_old_mean / static_cast<double>(count_);
  squared_deviations_ += from_old_mean * (value - mean_);
  if (value < kSmallest) {
    ++zeros_;
    return;
  }
  static const int first = bucket_index(kSmallest), last = bucket_index(kLargest);
  if (buckets_.empty()) buckets_.resize(static_cast<size_t>(last - first) + 1);
  ++buckets_[static_cast<size_t>(std::min(bucket_index(value), last) - first)];
}

double QuantileSketch::quantile(double q) const {
  // The rank of the wanted value, counted from 0: the nearest at or above, or else "95 %" of three values were their
  // median.
  const auto nearest = static_cast<int64_t>(std::ceil(q * static_cast<double>(count_))) - 1;
  const int64_t rank = std::clamp<int64_t>(nearest, 0, count_ - 1);
  int64_t seen = zeros_;
  if (seen > rank) return std::clamp(0.0, min_, max_);
  const int first = bucket_index(kSmallest);
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > rank) {
      const double upper = std::pow(kGamma, static_cast<double>(i) + first);
      return std::clamp(2 * upper / (kGamma + 1), min_, max_);
    }
  }
  return max_;
}

double QuantileSketch::useful_high() const {
  if (count_ == 0 || max_ <= 0) return 1;
  const double most = 1.5 * quantile(0.95);
  return most > 0 ? std::min(max_, most) : max_;
}

Histogram QuantileSketch::histogram(double low, double high) const {
  Histogram histogram{low, high, std::vector<int64_t>(kHistogramBins)};
  // A bucket goes as a whole to where its middle is, whatever the extremes are: equal values of two sets share a bin.
  const auto add = [&](double value, int64_t count) {
    histogram.counts[histogram_bin(value, low, high, kHistogramBins)] += count;
  };
  if (zeros_ > 0) add(0, zeros_);
  const int first = bucket_index(kSmallest);
  for (size_t i = 0; i < buckets_.size(); ++i)
    if (buckets_[i] > 0) add(2 * std::pow(kGamma, static_cast<double>(i) + first) / (kGamma + 1), buckets_[i]);
  return histogram;
}

NumericSummary QuantileSketch::summary(double low, double high) const {
  if (count_ == 0) return {};
  return {.count = count_,
          .mean = mean_,
          .deviation = std::sqrt(squared_deviations_ / static_cast<double>(count_)),
          .min = min_,
          .p05 = quantile(0.05),
          .p25 = quantile(0.25),
          .median = quantile(0.5),
          .p75 = quantile(0.75),
          .p95 = quantile(0.95),
          .max = max_,
          .histogram = histogram(low, high)};
}

}  // namespace pretag
