// The greedy combiner for objectives that change with every choice.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "pretag/select/balance.h"
#include "pretag/select/coverage.h"
#include "pretag/util/result.h"

namespace pretag {

// Objectives below this count as this one where logarithms are taken: what is worth little is not worth nothing.
inline constexpr double kLeastObjective = 1e-6;

struct DiversityTerm {
  Coverage* coverage = nullptr;
  double strength = 1;
  double minimum_distance = 0;  // samples nearer than this to a chosen one are not chosen
};

struct BalanceTerm {
  Balance* balance = nullptr;
  double strength = 1;
};

struct GreedyOptions {
  size_t count = 0;           // how many to choose at most
  std::vector<double> fixed;  // of each sample, the part of its key that stays; -infinity: must not be chosen
  std::span<DiversityTerm> diversities;
  std::span<BalanceTerm> balances;
  uint64_t seed = 1;
  int threads = 1;
  const std::atomic<bool>* cancel = nullptr;
};

struct GreedyPick {
  uint32_t sample = 0;
  std::vector<double> distances;   // of each diversity, when it was chosen; infinite without a centre
  std::vector<double> imbalances;  // of each balance, after it was chosen
};

// Chooses the sample with the highest
//   key = fixed + sum of strength * log(distance) + sum of strength * log(worth),
// tells the coverages and balances, and goes on. Coverages may have centres and balances choices from the start.
// Distances are upper bounds until a sample is about to be chosen, for they only fall (see Coverage). As long as a
// diversity has no centre its term is left out, but for samples without a vector, whose distance is 0. Among equal keys
// chance(seed, sample) decides. kCancelled.
Result<std::vector<GreedyPick>> greedy(GreedyOptions options);

}  // namespace pretag
