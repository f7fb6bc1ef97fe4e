#include "pretag/nn/range_collector.h"

#include <algorithm>
#include <cmath>

namespace pretag {

void MagnitudeHistogram::reach(float magnitude) {
  if (top_ == 0) {
    // A power of two, so that doubling keeps the bins' edges exact; large enough for this value.
    top_ = std::exp2(std::floor(std::log2(magnitude)) + 1);
  }
  while (magnitude >= top_) double_reach();
}

void MagnitudeHistogram::double_reach() {
  for (size_t i = 0; i < kBins / 2; ++i) counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
  std::fill(counts_.begin() + kBins / 2, counts_.end(), uint64_t{0});
  top_ *= 2;
}

void MagnitudeHistogram::merge(const MagnitudeHistogram& other) {
  zeros_ += other.zeros_;
  has_negative_ |= other.has_negative_;
  has_non_finite_ |= other.has_non_finite_;
  if (other.top_ == 0) return;
  MagnitudeHistogram same = other;
  if (top_ == 0) top_ = same.top_;
  while (top_ < same.top_) double_reach();
  while (same.top_ < top_) same.double_reach();
  for (size_t i = 0; i < kBins; ++i) counts_[i] += same.counts_[i];
}

void MagnitudeHistogram::add(float value) {
  if (value < 0) has_negative_ = true;
  const float magnitude = std::abs(value);
  has_non_finite_ |= !std::isfinite(value);
  if (!(magnitude > 0) || !std::isfinite(magnitude)) {
    ++zeros_;
    return;
  }
  if (top_ == 0 || magnitude >= top_) reach(magnitude);
  const auto bin = static_cast<size_t>(magnitude / top_ * static_cast<float>(kBins));
  ++counts_[std::min(bin, kBins - 1)];
}

double MagnitudeHistogram::mean_bin_value(size_t bin) const {
  return (static_cast<double>(bin) + 0.5) * static_cast<double>(top_) / kBins;
}

ActivationRange MagnitudeHistogram::best_range(int steps) const {
  size_t used = kBins;
  while (used > 0 && counts_[used - 1] == 0) --used;
  if (used == 0) return {};

  double signal = 0;
  for (size_t i = 0; i < used; ++i) {
    signal += static_cast<double>(counts_[i]) * mean_bin_value(i) * mean_bin_value(i);
  }
  const auto error_of = [&](double limit) {
    const double step = limit / steps;
    double error = 0;
    for (size_t i = 0; i < used; ++i) {
      if (counts_[i] == 0) continue;
      const double value = mean_bin_value(i);
      const double difference = value - std::min(std::nearbyint(value / step), static_cast<double>(steps)) * step;
      error += static_cast<double>(counts_[i]) * difference * difference;
    }
    return error;
  };
  // From the largest magnitude down to an eighth of it, in steps of two percent.
  const double largest = static_cast<double>(used) * static_cast<double>(top_) / kBins;
  double best = largest, best_error = error_of(largest);
  for (double limit = largest * 0.98; limit > largest / 8; limit *= 0.98) {
    const double error = error_of(limit);
    if (error < best_error) best = limit, best_error = error;
  }
  constexpr double kMostDecibels = 100;  // a few values that all fall on steps
  const double ratio = best_error > 0 ? 10 * std::log10(signal / best_error) : kMostDecibels;
  return {static_cast<float>(best), static_cast<float>(std::min(ratio, kMostDecibels))};
}

void RangeCollector::add(const std::string& layer, const Tensor& output) {
  constexpr size_t kSample = 1 << 18;
  MagnitudeHistogram& histogram = layers_[layer];
  const float* values = output.as<float>();
  // Odd, so that it meets every channel of a block.
  const size_t stride = std::max<size_t>(1, output.count() / kSample) | 1;
  for (size_t i = 0; i < output.count(); i += stride) histogram.add(values[i]);
}

void RangeCollector::merge(const RangeCollector& other) {
  for (const auto& [name, histogram] : other.layers_) layers_[name].merge(histogram);
}

std::string RangeCollector::non_finite_layer() const {
  const auto found = std::ranges::find_if(layers_, [](const auto& layer) { return layer.second.has_non_finite(); });
  return found == layers_.end() ? "" : found->first;
}

std::map<std::string, ActivationRange> RangeCollector::ranges() const {
  std::map<std::string, ActivationRange> ranges;
  for (const auto& [name, histogram] : layers_)
    ranges[name] = histogram.best_range(histogram.has_negative() ? 127 : 255);
  return ranges;
}

}  // namespace pretag
