// Small problems for the tests of this layer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pretag/select/selector.h"

namespace pretag {

inline SelectionStrategy strategy_of(StrategyType type, double strength = 1) {
  SelectionStrategy strategy;
  strategy.type = type;
  strategy.strength = strength;
  return strategy;
}

inline Objective numbers(StrategyType type, std::vector<double> values, double strength = 1) {
  Objective objective;
  objective.strategy = strategy_of(type, strength);
  objective.description = "numbers";
  objective.input = NumericColumn{std::move(values)};
  return objective;
}

inline Objective threshold(std::vector<double> values, ThresholdOperation operation, double limit) {
  Objective objective = numbers(StrategyType::kThreshold, std::move(values));
  objective.description = "threshold";
  objective.strategy.operation = operation;
  objective.strategy.threshold = limit;
  return objective;
}

inline std::shared_ptr<const VectorColumn> vectors_of(size_t columns, std::vector<float> values) {
  return std::make_shared<VectorColumn>(VectorColumn{.columns = columns, .values = std::move(values), .first = {}});
}

inline Objective vectors(StrategyType type, size_t columns, std::vector<float> values, double strength = 1) {
  Objective objective;
  objective.strategy = strategy_of(type, strength);
  objective.description = "vectors";
  objective.input = vectors_of(columns, std::move(values));
  return objective;
}

inline SelectionProblem problem_of(size_t samples, size_t requested, std::vector<Objective> objectives) {
  SelectionProblem problem{
      .samples = samples, .requested = requested, .preselected = {}, .objectives = std::move(objectives)};
  return problem;
}

inline SelectionSolution solved(const SelectionProblem& problem) {
  auto solution = select_samples(problem);
  EXPECT_TRUE(solution) << (solution ? "" : solution.error().message);
  return solution ? *std::move(solution) : SelectionSolution{};
}

inline std::vector<uint32_t> order_of(const SelectionSolution& solution) {
  std::vector<uint32_t> order;
  for (const SelectionPick& pick : solution.picks) order.push_back(pick.sample);
  return order;
}

inline std::vector<uint32_t> order_of(const SelectionProblem& problem) { return order_of(solved(problem)); }

}  // namespace pretag
