// Diversity: the sample farthest from everything chosen so far, again and again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "pretag/select/matrix.h"
#include "pretag/util/result.h"

namespace pretag {

struct KCenterOptions {
  size_t count = 0;                            // how many to choose at most
  std::span<const uint32_t> preselected = {};  // samples that are centres from the start; they are not chosen
  std::span<const uint8_t> eligible = {};      // of each sample, 0: must not be chosen; empty: all may
  uint32_t start = 0;                          // the first one where nothing is preselected and `fixed` is empty
  double minimum_distance = 0;                 // stop when no sample is that far away
  // With `fixed`, the sample with the highest fixed[sample] + strength * log(distance) is chosen instead of the
  // farthest: a product of objectives, of which those besides the distance do not change. strength > 0.
  std::span<const double> fixed = {};
  double strength = 1;
  int threads = 1;
  const std::atomic<bool>* cancel = nullptr;
  size_t shortlist = 0;  // samples looked at together, for tests; 0: chosen by the size of a cache
};

struct KCenterPick {
  uint32_t sample = 0;
  // To the nearest centre when it was chosen; infinite for the first.
  float distance = std::numeric_limits<float>::infinity();
};

// Farthest-first traversal (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985): every sample of
// the input is at most twice as far from the nearest chosen one as with the best possible choice of as many. Distances
// are Euclidean, by squared_distance(); among equals the lowest index is chosen. Exactly what the plain loop over all
// samples gives, for any number of threads. Samples with several vectors: see Coverage.
//
// In the order chosen; fewer than `count` if no more are eligible. kCancelled. Vectors must be finite. Memory: some 25
// bytes a sample, 20 a vector, the chosen vectors twice.
Result<std::vector<KCenterPick>> k_center(const SampleVectors& vectors, const KCenterOptions& options);

}  // namespace pretag
