#include "pretag/select/balance.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <random>

#include "pretag/select/selector.h"

namespace pretag {
namespace {

using testing::HasSubstr;

constexpr double kTwoPoints = 0.02;

std::string class_name(size_t index) { return fmt::format("class_{}", index); }

ClassColumns columns_of(size_t classes, std::vector<float> values) {
  ClassColumns columns{.classes = {}, .values = std::move(values)};
  for (size_t c = 0; c < classes; ++c) columns.classes.push_back(class_name(c));
  return columns;
}

SelectionStrategy to_target(std::map<std::string, double> target) {
  SelectionStrategy strategy;
  strategy.type = StrategyType::kBalance;
  strategy.target = std::move(target);
  return strategy;
}

SelectionStrategy to(BalanceDistribution distribution) {
  SelectionStrategy strategy;
  strategy.type = StrategyType::kBalance;
  strategy.distribution = distribution;
  return strategy;
}

SelectionSolution select(const ClassColumns& columns, const SelectionStrategy& strategy, size_t requested,
                         uint64_t seed = 1) {
  SelectionProblem problem{.samples = columns.values.size() / std::max<size_t>(columns.classes.size(), 1),
                           .requested = requested,
                           .preselected = {},
                           .objectives = {}};
  problem.seed = seed;
  Objective& objective = problem.objectives.emplace_back();
  objective.strategy = strategy;
  objective.description = "balance";
  objective.input = columns;
  auto solution = select_samples(problem);
  EXPECT_TRUE(solution) << solution.error().message;
  return solution ? *std::move(solution) : SelectionSolution{};
}

// Images with one to three classes each, one main class that falls off from the first to the last, and numbers of
// objects with a heavy tail.
ClassColumns street_scenes(size_t classes, size_t samples, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(1e-3, 1);
  std::vector<double> frequency;
  for (size_t c = 0; c < classes; ++c) frequency.push_back(1 / std::sqrt(static_cast<double>(c + 1)));
  std::discrete_distribution<size_t> main_class(frequency.begin(), frequency.end());
  std::vector<float> values(samples * classes);
  for (size_t sample = 0; sample < samples; ++sample) {
    const size_t kinds = 1 + sample % 3;
    for (size_t kind = 0; kind < kinds; ++kind) {
      const double pareto = std::min(std::pow(uniform(random), -1 / 1.2), 60.0);
      values[sample * classes + main_class(random)] += static_cast<float>(std::floor(pareto));
    }
  }
  return columns_of(classes, std::move(values));
}

// One object a sample, as on object level: 2 of the first class, 3 of the second, plenty of three others.
TEST(Balance, WhatAClassThatHasRunOutLeavesIsSharedEvenly) {
  const std::vector<int> objects = {2, 3, 200, 60, 100};
  std::vector<float> values;
  for (size_t c = 0; c < objects.size(); ++c) {
    for (int i = 0; i < objects[c]; ++i) {
      for (size_t other = 0; other < objects.size(); ++other) values.push_back(other == c ? 1.0f : 0.0f);
    }
  }
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    const auto solution = select(columns_of(5, values), to(BalanceDistribution::kUniform), 29, seed);
    const auto& classes = solution.balances.at(0).classes;
    EXPECT_NEAR(classes[0].reached * 29, 2, 1e-6);
    EXPECT_NEAR(classes[1].reached * 29, 3, 1e-6);
    for (const size_t c : {2u, 3u, 4u}) EXPECT_NEAR(classes[c].reached * 29, 8, 1e-6) << "class " << c;
  }
}

// The largest difference of a share from its target.
double worst_miss(const BalanceOutcome& outcome) {
  double worst = 0;
  for (const auto& entry : outcome.classes) worst = std::max(worst, std::fabs(entry.reached - entry.target));
  return worst;
}

struct Extent {
  size_t classes, requested;
};
class BalanceReaches : public testing::TestWithParam<Extent> {};

// The mix of a subset that exists can be reached: the input allows it.
TEST_P(BalanceReaches, WithinTwoPointsWhatSomeSubsetHas) {
  const auto [classes, requested] = GetParam();
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    const ClassColumns columns = street_scenes(classes, 20 * requested, random);
    std::map<std::string, double> target;
    double total = 0;
    for (size_t picked = 0; picked < requested; ++picked) {
      const size_t sample = random() % (20 * requested);
      for (size_t c = 0; c < classes; ++c) {
        target[class_name(c)] += columns.at(sample, c);
        total += columns.at(sample, c);
      }
    }
    for (auto& [name, share] : target) share /= total;
    const auto solution = select(columns, to_target(target), requested, seed);
    ASSERT_EQ(solution.picks.size(), requested);
    EXPECT_LE(worst_miss(solution.balances.at(0)), kTwoPoints) << "seed " << seed;
    EXPECT_TRUE(solution.notes.empty()) << solution.notes.front();
  }
}

TEST_P(BalanceReaches, WithinTwoPointsAUniformMix) {
  const auto [classes, requested] = GetParam();
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    const ClassColumns columns = street_scenes(classes, 20 * requested, random);
    const auto solution = select(columns, to(BalanceDistribution::kUniform), requested, seed);
    EXPECT_LE(worst_miss(solution.balances.at(0)), kTwoPoints) << "seed " << seed;
  }
}

TEST_P(BalanceReaches, WithinTwoPointsTheMixOfTheInput) {
  const auto [classes, requested] = GetParam();
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    const ClassColumns columns = street_scenes(classes, 20 * requested, random);
    const auto solution = select(columns, to(BalanceDistribution::kInput), requested, seed);
    EXPECT_LE(worst_miss(solution.balances.at(0)), kTwoPoints) << "seed " << seed;
    for (const auto& entry : solution.balances[0].classes) EXPECT_EQ(entry.target, entry.input);
  }
}

INSTANTIATE_TEST_SUITE_P(Balance, BalanceReaches,
                         testing::Values(Extent{2, 20}, Extent{3, 50}, Extent{7, 50}, Extent{7, 500}, Extent{12, 100},
                                         Extent{20, 100}, Extent{20, 500}),
                         [](const auto& extent) {
                           return fmt::format("{}Of{}Classes", extent.param.requested, extent.param.classes);
                         });

TEST(Balance, ClassesThatTheTargetLeavesOutShareTheRest) {
  const ClassColumns columns = columns_of(3, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1});
  const auto solution = select(columns, to_target({{"class_1", 0.5}}), 4);
  const auto& classes = solution.balances.at(0).classes;
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[0].name, "class_1");
  EXPECT_EQ(classes[0].target, 0.5);
  EXPECT_EQ(classes[0].reached, 0.5);
  EXPECT_NEAR(classes[0].input, 1.0 / 3, 1e-12);
  EXPECT_EQ(classes[1].name, "(all other classes)");
  EXPECT_EQ(classes[1].target, 0.5);
  EXPECT_EQ(classes[1].reached, 0.5);
}

TEST(Balance, SharesOfEveryClassThatAddUpToLessThanOneKeepTheirProportions) {
  const ClassColumns columns = columns_of(2, {1, 0, 0, 1});
  const auto balance = Balance::create(columns, to_target({{"class_0", 0.2}, {"class_1", 0.6}}), 2);
  ASSERT_TRUE(balance);
  EXPECT_NEAR(balance->outcome(0).classes[0].target, 0.25, 1e-12);
  EXPECT_NEAR(balance->outcome(0).classes[1].target, 0.75, 1e-12);
}

TEST(Balance, WorthIsHighForWhatIsWantedAndLowForWhatIsNot) {
  const ClassColumns columns = columns_of(2, {3, 0, 0, 5, 1, 1, 0, 0});
  auto balance = Balance::create(columns, to_target({{"class_0", 0.5}, {"class_1", 0.5}}), 4);
  ASSERT_TRUE(balance);
  std::vector<float> worth(4);
  balance->worth(0, worth);
  EXPECT_GT(worth[0], worth[1]);  // one class alone brings things out of balance, five objects more than three
  EXPECT_LT(worth[0], 0.1f);
  EXPECT_EQ(worth[2], 0.5f);  // changes nothing
  EXPECT_EQ(worth[3], 0);     // no objects
  balance->choose(0);
  EXPECT_EQ(balance->imbalance(), 0.5);
  balance->worth(0, worth);
  EXPECT_LT(worth[0], 0.1f);
  EXPECT_GT(worth[1], worth[2]);  // five of the missing class leave one too much; a pair only dilutes
  EXPECT_GT(worth[2], 0.5f);
  EXPECT_EQ(worth[3], 0);
  std::vector<float> one(1);
  balance->worth(1, one);
  EXPECT_EQ(one[0], worth[1]);
}

TEST(Balance, AMissingClassIsNotedWithTheReason) {
  const ClassColumns columns = columns_of(2, {1, 0, 2, 0, 3, 0});
  const auto solution = select(columns, to_target({{"class_0", 0.4}, {"class_1", 0.6}}), 2);
  ASSERT_EQ(solution.notes.size(), 2u);
  EXPECT_EQ(solution.notes[0], "balance: class_0 is 100.0 % of the selection, not 40.0 %");
  EXPECT_EQ(solution.notes[1], "balance: class_1 is 0.0 % of the selection, not 60.0 %; the input has none");
}

// 0.9 as a float is less than as a double.
TEST(Balance, AMissingClassIsNotReachedByRounding) {
  const auto solution = select(columns_of(2, {0, 1, 0, 1, 0, 1}), to_target({{"class_0", 0.9}}), 2);
  EXPECT_EQ(solution.balances.at(0).classes.at(0).reached, 0);
}

TEST(Balance, TooFewOfAClassAreAllTakenAndNoted) {
  std::vector<float> values;
  for (int i = 0; i < 40; ++i) values.insert(values.end(), {i < 3 ? 0.0f : 1.0f, i < 3 ? 1.0f : 0.0f});
  const auto solution = select(columns_of(2, values), to_target({{"class_1", 0.5}}), 20);
  EXPECT_NEAR(solution.balances.at(0).classes[0].reached, 3.0 / 20, 1e-12);
  ASSERT_EQ(solution.notes.size(), 2u);
  EXPECT_EQ(solution.notes[0], "balance: class_1 is 15.0 % of the selection, not 50.0 %");
}

TEST(Balance, WithoutAnyObjectOneNoteSaysSo) {
  const auto solution = select(columns_of(7, std::vector<float>(7 * 10)), to(BalanceDistribution::kUniform), 4);
  EXPECT_EQ(solution.picks.size(), 4u);
  EXPECT_THAT(solution.notes, testing::ElementsAre("balance: nothing to balance, there is no object of any class"));
}

TEST(Balance, ImagesWithoutObjectsComeLast) {
  const ClassColumns columns = columns_of(2, {0, 0, 1, 0, 0, 0, 0, 1});
  const auto solution = select(columns, to(BalanceDistribution::kUniform), 2);
  for (const SelectionPick& pick : solution.picks) EXPECT_EQ(pick.sample % 2, 1u);
}

TEST(Balance, AnUnknownClassIsRefusedWithTheNearestOne) {
  ClassColumns columns{.classes = {"person", "car"}, .values = {}};
  const auto typo = Balance::create(columns, to_target({{"persn", 0.5}}), 0);
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(typo.error().message, "the target names the class 'persn', which does not exist: did you mean 'person'?");
  const auto other = Balance::create(columns, to_target({{"zeppelin", 0.5}}), 0);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("there are person, car"));
}

TEST(Balance, WhatWasSelectedEarlierCounts) {
  // Two of class_0 are there already: only class_1 is missing.
  SelectionProblem problem{.samples = 6, .requested = 2, .preselected = {1, 1, 0, 0, 0, 0}, .objectives = {}};
  Objective& objective = problem.objectives.emplace_back();
  objective.strategy = to(BalanceDistribution::kUniform);
  objective.input = columns_of(2, {1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1});
  const auto solution = select_samples(problem);
  ASSERT_TRUE(solution);
  ASSERT_EQ(solution->picks.size(), 2u);
  for (const SelectionPick& pick : solution->picks) EXPECT_GE(pick.sample, 4u);
  EXPECT_EQ(worst_miss(solution->balances.at(0)), 0);
}

}  // namespace
}  // namespace pretag
