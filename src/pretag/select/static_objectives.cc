#include "pretag/select/static_objectives.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pretag/select/similarity.h"
#include "pretag/select/typicality.h"

namespace pretag {
namespace {

const SampleVectors vectors_of(const Objective& objective) {
  return std::get<std::shared_ptr<const VectorColumn>>(objective.input)->view();
}

// Scores and shares were floats, or are sums of such: what is 0.8 for people may be 0.79999999. Of numbers above 1 this
// is less than their last digit.
bool fulfils(double value, const SelectionStrategy& strategy) {
  const double threshold = strategy.threshold, rounding = 1e-6 * std::min(std::fabs(threshold), 1.0);
  switch (strategy.operation) {
    case ThresholdOperation::kSmaller:
      return value < threshold - rounding;
    case ThresholdOperation::kSmallerEqual:
      return value <= threshold + rounding;
    case ThresholdOperation::kBigger:
      return value > threshold + rounding;
    case ThresholdOperation::kBiggerEqual:
      break;
  }
  return value >= threshold - rounding;
}

}  // namespace

std::optional<std::vector<double>> static_values(const Objective& objective, const SelectionProblem& problem) {
  switch (objective.strategy.type) {
    case StrategyType::kWeights:
      return std::get<NumericColumn>(objective.input).values;
    case StrategyType::kSimilarity:
      return similarity(vectors_of(objective), objective.query->view().rows, problem.threads);
    case StrategyType::kTypicality:
      return typicality(vectors_of(objective), static_cast<size_t>(objective.strategy.num_nearest_neighbors),
                        problem.seed, problem.threads);
    default:
      return std::nullopt;
  }
}

std::vector<double> as_objective(const Objective& objective, const std::vector<double>& values,
                                 std::span<const uint8_t> candidates) {
  std::vector<double> scaled = values;
  if (!objective.scale) return scaled;
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (size_t sample = 0; sample < values.size(); ++sample) {
    if (candidates[sample] == 0) continue;
    lowest = std::min(lowest, values[sample]);
    highest = std::max(highest, values[sample]);
  }
  const double range = highest / 2 - lowest / 2;  // of halves: the largest numbers there are must not overflow
  for (double& value : scaled) {
    value = highest > lowest ? std::clamp((value / 2 - lowest / 2) / range, 0.0, 1.0) : 1;
  }
  return scaled;
}

int64_t apply_threshold(const Objective& objective, std::span<uint8_t> eligible) {
  const std::vector<double>& values = std::get<NumericColumn>(objective.input).values;
  int64_t excluded = 0;
  for (size_t sample = 0; sample < eligible.size(); ++sample) {
    if (eligible[sample] == 0 || fulfils(values[sample], objective.strategy)) continue;
    eligible[sample] = 0;
    ++excluded;
  }
  return excluded;
}

}  // namespace pretag
