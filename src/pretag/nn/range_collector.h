// Finds, from what a network computed on some images, how its activations are best put into 8 bits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pretag/nn/activation_ranges.h"
#include "pretag/nn/tensor.h"

namespace pretag {

// How often each magnitude occurs; the reach doubles as larger ones come.
class MagnitudeHistogram {
 public:
  static constexpr size_t kBins = 4096;

  void add(float value);
  // As if everything that `other` was given had been given to this.
  void merge(const MagnitudeHistogram& other);
  // The limit with the least mean squared error when magnitudes are rounded to `steps` equal steps and cut off at it.
  ActivationRange best_range(int steps) const;
  bool has_negative() const { return has_negative_; }
  bool has_non_finite() const { return has_non_finite_; }

 private:
  void reach(float magnitude);
  void double_reach();
  double mean_bin_value(size_t bin) const;

  std::vector<uint64_t> counts_ = std::vector<uint64_t>(kBins);
  float top_ = 0;  // bins cover [0, top_); 0 until something other than zero is seen
  uint64_t zeros_ = 0;
  bool has_negative_ = false, has_non_finite_ = false;
};

// One histogram a layer. Not thread-safe.
class RangeCollector {
 public:
  // Looks at a sample of the tensor's float32 values; the same tensor always gives the same sample.
  void add(const std::string& layer, const Tensor& output);
  void merge(const RangeCollector& other);
  // Of a layer that gave something else than finite numbers; empty where all did.
  std::string non_finite_layer() const;
  // Layers with negative values are given 127 steps to either side, the others 255.
  std::map<std::string, ActivationRange> ranges() const;

 private:
  std::map<std::string, MagnitudeHistogram> layers_;
};

}  // namespace pretag
