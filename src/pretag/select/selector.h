// The selection itself: which samples, in which order, and why.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pretag/data/selection.h"
#include "pretag/select/columns.h"
#include "pretag/util/result.h"

namespace pretag {

// One strategy with its input resolved: a number for weights, threshold and (chance) random; classes for balance;
// vectors for diversity, typicality and similarity.
struct Objective {
  SelectionStrategy strategy;
  std::string description;  // one line for people, e.g. "diversity of the image embeddings"
  std::variant<NumericColumn, ClassColumns, std::shared_ptr<const VectorColumn>> input;
  std::shared_ptr<const VectorColumn> query;  // of similarity
  bool scale = false;                         // of weights: bring the candidates' lowest to 0, their highest to 1
  double times = 1;                           // how many images have each number, as those of a sequence have its mean
};

struct SelectionProblem {
  size_t samples = 0;
  size_t requested = 0;               // how many to choose besides those preselected
  std::vector<uint8_t> preselected;   // 1: counts as chosen from the start; empty: none
  std::vector<Objective> objectives;  // in the order of the configuration
  std::string_view unit = "samples";  // what notes call them; a constant
  uint64_t seed = 1;                  // breaks ties and starts the diversity
  int threads = 1;
  const std::atomic<bool>* cancel = nullptr;
};

struct SelectionPick {
  uint32_t sample = 0;
  std::vector<Reason> reasons;
};

struct SelectionSolution {
  size_t candidates = 0;             // what the thresholds left, without those preselected
  std::vector<SelectionPick> picks;  // in the order chosen; reasons by strategy
  std::vector<ThresholdOutcome> thresholds;
  std::vector<BalanceOutcome> balances;
  std::vector<std::string> notes;  // what could not be done and why, one line each
};

// Thresholds first; then, as long as samples are wanted, the one with the highest product of objective^strength:
// - diversity: the distance to the nearest chosen sample,
// - weights: the number,
// - balance: how far its objects bring the classes nearer to the target (balance.h),
// - similarity: 1 - distance to the nearest query vector / 2,
// - typicality: see typicality.h.
// An objective below 1e-6 counts as that, so one zero does not wipe out the others. A strength of 0 switches a strategy
// off, with its stopping condition; thresholds know no strength. Among equals chance decides, by the seed; where one
// diversity is all that changes, the first one. The result does not depend on the number of threads.
// Errors: kInvalidArgument for vectors that are not finite or of different lengths, kCancelled.
Result<SelectionSolution> select_samples(const SelectionProblem& problem);

}  // namespace pretag
