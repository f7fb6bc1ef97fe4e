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
  sum_ += value;
  ++count_;
  if (value < kSmallest) {
    ++zeros_;
    return;
  }
  static const int first = bucket_index(kSmallest), last = bucket_index(kLargest);
  if (buckets_.empty()) buckets_.resize(static_cast<size_t>(last - first) + 1);
  ++buckets_[static_cast<size_t>(std::min(bucket_index(value), last) - first)];
}

double QuantileSketch::quantile(double q) const {
  // The rank of the wanted value, counted from 0, as in the paper's algorithm 2.
  const auto rank = static_cast<int64_t>(q * static_cast<double>(count_ - 1));
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

NumericSummary QuantileSketch::summary() const {
  if (count_ == 0) return {};
  return {.count = count_,
          .mean = sum_ / static_cast<double>(count_),
          .min = min_,
          .p05 = quantile(0.05),
          .p25 = quantile(0.25),
          .median = quantile(0.5),
          .p75 = quantile(0.75),
          .p95 = quantile(0.95),
          .max = max_};
}

}  // namespace pretag
