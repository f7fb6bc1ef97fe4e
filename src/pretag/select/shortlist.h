// The few farthest samples, copied together so that they stay in the cache, and kept exact with every new centre.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pretag/select/coverage.h"

namespace pretag {

// What is maximised: how much a sample is worth when its squared distance to the selection is `squared_distance`.
// Never rises when the distance falls; -infinity for a sample that must not be chosen.
class DistanceKey {
 public:
  // The squared distance itself.
  explicit DistanceKey(double minimum_distance) : least_(minimum_distance * minimum_distance) {}
  // fixed[sample] + strength * log(distance), strength > 0.
  DistanceKey(double minimum_distance, double strength, std::span<const double> fixed)
      : least_(minimum_distance * minimum_distance), half_strength_(strength / 2), fixed_(fixed) {}

  double operator()(uint32_t sample, float squared_distance) const;
  // Every distance below this one has a key below `key`.
  float floor(uint32_t sample, double key) const;

 private:
  double least_, half_strength_ = 0;
  std::span<const double> fixed_;
};

// Distances below this count as this one where the logarithm is taken: a duplicate is worth little, not nothing.
inline constexpr double kLeastDistance = 1e-6;

class Shortlist {
 public:
  // `samples` must be in rising order, their bounds in `coverage` exact, their keys at least `least_key`.
  Shortlist(Coverage& coverage, const DistanceKey& key, double least_key, std::span<const uint32_t> samples);

  bool empty() const { return entries_.empty(); }
  struct Best {
    uint32_t sample;
    float squared_distance;
    double key;
  };
  // The highest key, the lowest index among equals. Not when empty.
  Best best() const;

  // best() was selected in `coverage`: it leaves the list, and so do all that fall below the least key.
  void take_best();

  // Tells the coverage what was found out.
  void finish();

 private:
  struct Entry {
    uint32_t sample;
    uint32_t begin, end;  // rows of the copy
    double key;
  };
  float distance(const Entry& entry) const;
  void write_back(const Entry& entry);

  Coverage& coverage_;
  const DistanceKey& key_;
  const double least_key_;
  const size_t stride_;
  std::vector<float> rows_;     // the copies
  std::vector<float> bounds_;   // of the copied rows
  std::vector<uint8_t> exact_;  // whether that is the distance: not for rows too near to matter for their sample
  std::vector<Entry> entries_;
  size_t best_ = 0;
};

}  // namespace pretag
