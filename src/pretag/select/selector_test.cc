// Thresholds, weights and how many are chosen. Embeddings: selector_embeddings_test.cc; classes: balance_test.cc.
#include "pretag/select/selector.h"

#include <gmock/gmock.h>

#include <limits>
#include <numeric>

#include "pretag/select/chance.h"
#include "support/selection_samples.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Order = std::vector<uint32_t>;
using enum ThresholdOperation;

Objective weights(std::vector<double> values, double strength = 1) {
  return numbers(StrategyType::kWeights, std::move(values), strength);
}

TEST(Selector, TakesTheHighestWeightsFirst) {
  const auto solution = solved(problem_of(4, 2, {weights({0.2, 0.9, 0.1, 0.5})}));
  EXPECT_EQ(order_of(solution), (Order{1, 3}));
  ASSERT_EQ(solution.picks[0].reasons.size(), 1u);
  EXPECT_EQ(solution.picks[0].reasons[0].strategy, 0u);
  EXPECT_EQ(solution.picks[0].reasons[0].value, 0.9);
  EXPECT_EQ(solution.candidates, 4u);
  EXPECT_THAT(solution.notes, IsEmpty());
}

TEST(Selector, MultipliesObjectivesToThePowerOfTheirStrength) {
  const std::vector<double> a = {0.9, 0.6, 0.2}, b = {0.2, 0.5, 0.9};
  // 0.18, 0.30, 0.18 / 0.162, 0.18, 0.036 / 0.729·0.2 = 0.1458, 0.108, 0.0072 / 0.036, 0.15, 0.162
  EXPECT_EQ(order_of(problem_of(3, 1, {weights(a), weights(b)})), (Order{1}));
  EXPECT_EQ(order_of(problem_of(3, 2, {weights(a, 2), weights(b)})), (Order{1, 0}));
  EXPECT_EQ(order_of(problem_of(3, 2, {weights(a, 3), weights(b)})), (Order{0, 1}));
  EXPECT_EQ(order_of(problem_of(3, 2, {weights(a), weights(b, 2)})), (Order{2, 1}));
}

TEST(Selector, AZeroDoesNotWipeOutTheOtherObjectives) {
  const auto problem = problem_of(3, 2, {weights({0, 0, 0}), weights({0.1, 0.3, 0.2})});
  EXPECT_EQ(order_of(problem), (Order{1, 2}));
}

TEST(Selector, AStrengthOfZeroSwitchesAStrategyOff) {
  Objective off = weights({0.1, 0.2, 0.3}, 0);
  off.strategy.stopping_condition_max_sum = 0.01;
  const auto solution = solved(problem_of(3, 2, {weights({0.9, 0.5, 0.1}), off}));
  EXPECT_EQ(order_of(solution), (Order{0, 1}));
  for (const SelectionPick& pick : solution.picks) EXPECT_EQ(pick.reasons.size(), 1u);
  EXPECT_THAT(solution.notes, IsEmpty());
}

TEST(Selector, ThresholdsAreStrictOrNotAsTheySay) {
  const std::vector<double> values = {1, 2, 3, 4, 5};
  const auto kept = [&](ThresholdOperation operation) {
    auto solution = solved(problem_of(5, 5, {threshold(values, operation, 3)}));
    EXPECT_EQ(solution.thresholds.at(0).excluded, static_cast<int64_t>(5 - solution.picks.size()));
    EXPECT_EQ(solution.candidates, solution.picks.size());
    return order_of(solution);
  };
  EXPECT_EQ(kept(kSmaller), (Order{0, 1}));
  EXPECT_EQ(kept(kSmallerEqual), (Order{0, 1, 2}));
  EXPECT_EQ(kept(kBigger), (Order{3, 4}));
  EXPECT_EQ(kept(kBiggerEqual), (Order{2, 3, 4}));
}

// Scores are made of floats.
TEST(Selector, ARoundThresholdIsMetByWhatIsRoundedToIt) {
  const std::vector<double> values = {double{1 - 0.8f}, double{1 - (0.7f - 0.3f)}, 0.3};
  ASSERT_LT(values[0], 0.2);
  ASSERT_GT(values[1], 0.6);
  const auto kept = [&](ThresholdOperation operation, double limit) {
    return order_of(problem_of(3, 3, {threshold(values, operation, limit)}));
  };
  EXPECT_EQ(kept(kBiggerEqual, 0.2), (Order{0, 1, 2}));
  EXPECT_EQ(kept(kSmaller, 0.2), (Order{}));
  EXPECT_EQ(kept(kSmallerEqual, 0.6), (Order{0, 1, 2}));
  EXPECT_EQ(kept(kBigger, 0.6), (Order{}));
  // Large whole numbers are what they are.
  EXPECT_EQ(order_of(problem_of(2, 2, {threshold({1'700'000'000, 1'700'000'001}, kSmaller, 1'700'000'001)})),
            (Order{0}));
}

TEST(Selector, AnOutlierDoesNotLeaveTheOthersToChance) {
  Objective objective = weights({2147483647, 10, 900, 500});
  objective.scale = true;
  EXPECT_EQ(order_of(problem_of(4, 3, {objective})), (Order{0, 2, 3}));
}

TEST(Selector, ThresholdsComeFirstWhereverTheyStand) {
  const Objective wanted = weights({0.9, 0.8, 0.7, 0.6}), limit = threshold({0, 1, 0, 1}, kBiggerEqual, 1);
  EXPECT_EQ(order_of(problem_of(4, 1, {wanted, limit})), (Order{1}));
  EXPECT_EQ(order_of(problem_of(4, 1, {limit, wanted})), (Order{1}));
}

TEST(Selector, SeveralThresholdsMustAllBeFulfilled) {
  const auto problem = problem_of(
      4, 4, {threshold({1, 2, 3, 4}, kBigger, 1), weights({1, 1, 1, 1}), threshold({1, 2, 3, 4}, kSmaller, 4)});
  const auto solution = solved(problem);
  EXPECT_EQ(order_of(solution), (Order{1, 2}));
  ASSERT_EQ(solution.thresholds.size(), 2u);
  EXPECT_EQ(solution.thresholds[0].strategy, 0u);
  EXPECT_EQ(solution.thresholds[1].strategy, 2u);
  EXPECT_EQ(solution.thresholds[1].excluded, 1);
}

TEST(Selector, MoreThanThereAreSelectsEverythingAndSaysSo) {
  const auto solution = solved(problem_of(3, 10, {weights({0.1, 0.2, 0.3})}));
  EXPECT_EQ(order_of(solution), (Order{0, 1, 2}));
  for (const SelectionPick& pick : solution.picks) EXPECT_THAT(pick.reasons, IsEmpty());
  EXPECT_THAT(solution.notes, ElementsAre("10 samples were asked for, but there are 3 to choose from"));
}

TEST(Selector, AsManyAsThereAreIsNothingToNote) {
  const auto solution = solved(problem_of(3, 3, {weights({0.1, 0.2, 0.3})}));
  EXPECT_EQ(solution.picks.size(), 3u);
  EXPECT_THAT(solution.notes, IsEmpty());
}

TEST(Selector, WhatAThresholdLeavesOutIsNotedWhereTooLittleIsLeft) {
  EXPECT_THAT(solved(problem_of(3, 2, {threshold({1, 2, 3}, kBigger, 2)})).notes,
              ElementsAre("2 samples were asked for, but there are 1 to choose from", "threshold: left out 2 samples"));
  EXPECT_THAT(
      solved(problem_of(3, 2, {threshold({1, 2, 3}, kBigger, 9)})).notes,
      ElementsAre("2 samples were asked for, but there are none to choose from", "threshold: left out 3 samples"));
  EXPECT_THAT(solved(problem_of(3, 2, {threshold({1, 2, 3}, kBigger, 1)})).notes, IsEmpty());
}

TEST(Selector, AnEmptyPoolGivesAnEmptySelection) {
  for (const StrategyType type : {StrategyType::kDiversity, StrategyType::kTypicality}) {
    const auto solution = solved(problem_of(0, 5, {vectors(type, 0, {}), weights({})}));
    EXPECT_THAT(solution.picks, IsEmpty());
    EXPECT_THAT(solution.notes, ElementsAre("5 samples were asked for, but there are none to choose from"));
  }
}

TEST(Selector, StopsBeforeASumIsExceeded) {
  Objective objective = weights({0.75, 1, 0.25, 0.5});
  objective.strategy.stopping_condition_max_sum = 1.75;
  const auto solution = solved(problem_of(4, 3, {objective}));
  EXPECT_EQ(order_of(solution), (Order{1, 0}));
  EXPECT_THAT(solution.notes, ElementsAre("numbers: stopped after 2 samples, one more would bring the sum above 1.75"));
}

TEST(Selector, ASumMayBeWhatItMayBeWhateverIsRounded) {
  Objective objective = weights({0.2, 0.1, 0.05});
  objective.strategy.stopping_condition_max_sum = 0.3;
  EXPECT_EQ(order_of(problem_of(3, 3, {objective})), (Order{0, 1}));
}

TEST(Selector, ASumMattersAlsoWhereEverythingWouldBeSelected) {
  Objective objective = weights({0.75, 1, 0.25, 0.5});
  objective.strategy.stopping_condition_max_sum = 1;
  EXPECT_EQ(order_of(problem_of(4, 4, {objective})), (Order{1}));
  objective.strategy.stopping_condition_max_sum = 0;
  EXPECT_EQ(order_of(problem_of(4, 4, {objective})), (Order{}));
}

TEST(Selector, ScalesNumbersOfAnyRange) {
  // 100, 300 and 200 count as 0, 1 and 0.5: with the second objective 1e-6·0.9, 0.2 and 0.45.
  Objective scaled = weights({100, 300, 200});
  scaled.scale = true;
  EXPECT_EQ(order_of(problem_of(3, 2, {scaled, weights({0.9, 0.2, 0.9})})), (Order{2, 1}));
  constexpr double kMost = std::numeric_limits<double>::max();
  Objective huge = weights({-kMost, kMost, 0});
  huge.scale = true;
  EXPECT_EQ(order_of(problem_of(3, 2, {huge})), (Order{1, 2}));
  EXPECT_EQ(solved(problem_of(3, 2, {huge})).picks[0].reasons[0].value, kMost);  // reasons are as they were given
}

// One number that stands for "unknown" must not make the others equal.
TEST(Selector, WhatAThresholdLeavesOutDoesNotStretchTheScale) {
  const std::vector<double> values = {-999, 1, 2, 3};
  Objective scaled = weights(values);
  scaled.scale = true;
  const Objective other = weights({0.5, 0.9, 0.5, 0.3}), limit = threshold(values, kBiggerEqual, 0);
  EXPECT_EQ(order_of(problem_of(4, 2, {scaled, other, limit})), (Order{3, 2}));
  EXPECT_EQ(order_of(problem_of(4, 2, {limit, scaled, other})), (Order{3, 2}));
  // Nor does what is no candidate since it was selected before.
  SelectionProblem problem = problem_of(4, 2, {scaled, other});
  problem.preselected = {1, 0, 0, 0};
  EXPECT_EQ(order_of(problem), (Order{3, 2}));
}

TEST(Selector, TheScaleDoesNotDependOnTheOrderOfTheStrategies) {
  Objective scaled = weights({1, 2, 3, -999});
  scaled.scale = true;
  const Objective other = weights({0.9, 0.5, 0.3, 0.5});
  Objective typical = vectors(StrategyType::kTypicality, 1, {0, 0, 0, 100});
  typical.strategy.num_nearest_neighbors = 2;
  typical.strategy.stopping_condition_minimum_typicality = 0.5;
  const Order order = order_of(problem_of(4, 2, {scaled, other, typical}));
  EXPECT_EQ(order, (Order{0, 1}));
  EXPECT_EQ(order_of(problem_of(4, 2, {typical, scaled, other})), order);
}

TEST(Selector, EqualNumbersTellNothingApart) {
  Objective equal = weights({-5, -5, -5});
  equal.scale = true;
  EXPECT_EQ(order_of(problem_of(3, 1, {equal, weights({0.1, 0.3, 0.2})})), (Order{1}));
}

TEST(Selector, DoesNotChooseWhatIsPreselected) {
  SelectionProblem problem = problem_of(4, 2, {weights({0.9, 0.8, 0.7, 0.6})});
  problem.preselected = {1, 0, 1, 0};
  const auto solution = solved(problem);
  EXPECT_EQ(order_of(solution), (Order{1, 3}));
  EXPECT_EQ(solution.candidates, 2u);
}

TEST(Selector, ChanceDecidesBetweenEqualsByTheSeed) {
  SelectionProblem problem = problem_of(1000, 50, {weights(std::vector<double>(1000, 0.5))});
  const Order first = order_of(problem);
  problem.threads = 3;
  EXPECT_EQ(order_of(problem), first);
  problem.seed = 2;
  EXPECT_NE(order_of(problem), first);
}

TEST(Selector, CanBeCancelledWhileItChoosesByDistance) {
  const std::atomic<bool> cancel{true};
  SelectionProblem problem = problem_of(3, 2, {vectors(StrategyType::kDiversity, 1, {1, 2, 3})});
  problem.cancel = &cancel;
  const auto solution = select_samples(problem);
  ASSERT_FALSE(solution);
  EXPECT_EQ(solution.error().code, ErrorCode::kCancelled);
}

TEST(Chance, IsUniformAndNeverZero) {
  double sum = 0;
  for (uint64_t index = 0; index < 10'000; ++index) {
    const double value = uniform(7, index);
    ASSERT_GT(value, 0);
    ASSERT_LE(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.015);  // five standard errors
  EXPECT_NE(chance(1, 0), chance(2, 0));
  EXPECT_NE(chance(1, 0), chance(1, 1));
}

}  // namespace
}  // namespace pretag
