#include "pretag/select/greedy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <list>
#include <random>

#include "pretag/select/chance.h"
#include "pretag/select/distance.h"

namespace pretag {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Space {
  std::vector<float> values;
  size_t columns = 0;
  std::vector<uint32_t> first;  // empty: one vector a sample
  double strength = 1, minimum_distance = -1;

  SampleVectors view() const { return {MatrixView(values.data(), values.size() / columns, columns), first}; }
};

struct Mix {
  ClassColumns columns;
  double strength = 1;
};

// What is to be chosen from, without any state of a choice.
struct Case {
  size_t samples = 0, count = 0;
  std::vector<double> fixed = {};
  std::vector<Space> spaces = {};
  std::vector<Mix> mixes = {};
  std::vector<uint32_t> preselected = {};
  uint64_t seed = 1;
};

SelectionStrategy uniform_balance() {
  SelectionStrategy strategy;
  strategy.type = StrategyType::kBalance;
  strategy.distribution = BalanceDistribution::kUniform;
  return strategy;
}

std::list<Balance> balances_of(const Case& given) {
  std::list<Balance> balances;
  for (const Mix& mix : given.mixes) {
    balances.push_back(*Balance::create(mix.columns, uniform_balance(), given.samples));
    for (const uint32_t sample : given.preselected) balances.back().choose(sample);
  }
  return balances;
}

// The distance of every sample to the nearest of the chosen ones, from scratch.
double distance_to(const Space& space, uint32_t sample, const std::vector<uint32_t>& chosen) {
  const SampleVectors vectors = space.view();
  float farthest = 0;
  for (uint32_t row = vectors.begin(sample); row < vectors.end(sample); ++row) {
    float nearest = std::numeric_limits<float>::infinity();
    for (const uint32_t other : chosen) {
      for (uint32_t c = vectors.begin(other); c < vectors.end(other); ++c) {
        nearest = std::min(nearest, squared_distance(vectors.rows.row(row), vectors.rows.row(c), space.columns));
      }
    }
    farthest = std::max(farthest, nearest);
  }
  return std::sqrt(static_cast<double>(farthest));
}

// Every key of every sample, computed anew in every step.
std::vector<GreedyPick> plain_greedy(const Case& given) {
  std::list<Balance> balances = balances_of(given);
  std::vector<uint32_t> chosen = given.preselected;
  std::vector<double> fixed = given.fixed;
  std::vector<GreedyPick> picks;
  while (picks.size() < given.count) {
    std::vector<std::vector<float>> worth;
    for (const Balance& balance : balances) balance.worth(0, worth.emplace_back(given.samples));
    double best_key = kNever;
    GreedyPick best;
    for (uint32_t sample = 0; sample < given.samples; ++sample) {
      double key = fixed[sample];
      GreedyPick pick{.sample = sample, .distances = {}, .imbalances = {}};
      for (size_t m = 0; m < given.mixes.size(); ++m) {
        key += given.mixes[m].strength * std::log(std::max<double>(worth[m][sample], kLeastObjective));
      }
      for (const Space& space : given.spaces) {
        const double distance = distance_to(space, sample, chosen);  // infinite without any other vector
        pick.distances.push_back(distance);
        if (distance < space.minimum_distance) key = kNever;
        if (distance < kInfinity) key += space.strength * std::log(std::max(distance, kLeastObjective));
      }
      const auto luck = [&](uint32_t s) { return chance(given.seed, s); };
      if (key == kNever || key < best_key || (key == best_key && luck(sample) < luck(best.sample))) continue;
      best_key = key, best = pick;
    }
    if (best_key == kNever) break;
    chosen.push_back(best.sample);
    fixed[best.sample] = kNever;
    for (Balance& balance : balances) {
      balance.choose(best.sample);
      best.imbalances.push_back(balance.imbalance());
    }
    picks.push_back(best);
  }
  return picks;
}

std::vector<GreedyPick> chosen(const Case& given, int threads) {
  std::list<Balance> balances = balances_of(given);
  std::list<Coverage> coverages;
  std::vector<DiversityTerm> diversity_terms;
  std::vector<BalanceTerm> balance_terms;
  for (const Space& space : given.spaces) {
    Coverage& coverage = coverages.emplace_back(space.view(), threads);
    for (const uint32_t sample : given.preselected) coverage.select(sample);
    diversity_terms.push_back({&coverage, space.strength, space.minimum_distance});
  }
  size_t next = 0;
  for (Balance& balance : balances) balance_terms.push_back({&balance, given.mixes[next++].strength});
  auto picks = greedy({.count = given.count,
                       .fixed = given.fixed,
                       .diversities = diversity_terms,
                       .balances = balance_terms,
                       .seed = given.seed,
                       .threads = threads});
  EXPECT_TRUE(picks);
  return picks ? *std::move(picks) : std::vector<GreedyPick>{};
}

void expect_plain_greedy(const Case& given) {
  const auto wanted = plain_greedy(given);
  for (const int threads : {1, 2, 5}) {
    const auto got = chosen(given, threads);
    ASSERT_EQ(got.size(), wanted.size()) << threads << " threads";
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i].sample, wanted[i].sample) << "step " << i << ", " << threads << " threads";
      ASSERT_EQ(got[i].distances, wanted[i].distances) << "step " << i;
      ASSERT_EQ(got[i].imbalances, wanted[i].imbalances) << "step " << i;
    }
  }
}

Space random_space(size_t rows, size_t columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Space space;
  space.columns = columns;
  for (size_t i = 0; i < rows * columns; ++i) space.values.push_back(normal(random));
  return space;
}

// Points with whole coordinates: nearly every distance occurs many times.
Space grid_space(size_t rows, uint32_t seed) {
  Space space = random_space(rows, 2, seed);
  for (float& value : space.values) value = std::round(value);
  return space;
}

Mix random_mix(size_t samples, size_t classes, uint32_t seed) {
  std::mt19937 random(seed);
  Mix mix;
  for (size_t c = 0; c < classes; ++c) mix.columns.classes.push_back(std::string(1, static_cast<char>('a' + c)));
  for (size_t i = 0; i < samples * classes; ++i) {
    mix.columns.values.push_back(random() % 3 == 0 ? static_cast<float>(random() % 5) : 0.0f);
  }
  return mix;
}

std::vector<double> random_fixed(size_t samples, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.05, 1);
  std::vector<double> fixed(samples);
  for (double& value : fixed) value = std::log(uniform(random));
  return fixed;
}

Case everything(size_t samples, uint32_t seed) {
  Case given{.samples = samples, .count = 40, .fixed = random_fixed(samples, seed), .seed = seed};
  given.spaces = {random_space(samples, 12, seed + 1), random_space(samples, 3, seed + 2)};
  given.spaces[1].strength = 2.5;
  given.mixes = {random_mix(samples, 4, seed + 3), random_mix(samples, 2, seed + 4)};
  given.mixes[1].strength = 0.5;
  return given;
}

TEST(Greedy, IsThePlainAlgorithm) {
  for (uint32_t seed = 1; seed <= 5; ++seed) expect_plain_greedy(everything(300, seed));
}

// Several blocks of samples compete, and their winners are refreshed together.
TEST(Greedy, IsThePlainAlgorithmOverManyBlocks) {
  Case given = everything(13'000, 6);
  given.count = 12;
  expect_plain_greedy(given);
}

TEST(Greedy, IsThePlainAlgorithmWithDistancesAlone) {
  Case given = everything(500, 7);
  given.mixes.clear();
  given.count = 120;
  expect_plain_greedy(given);
  given.fixed.assign(500, 0.0);
  given.spaces.pop_back();
  expect_plain_greedy(given);
}

TEST(Greedy, IsThePlainAlgorithmWithBalancesAlone) {
  Case given = everything(500, 8);
  given.spaces.clear();
  expect_plain_greedy(given);
}

TEST(Greedy, ChanceDecidesBetweenEquals) {
  Case given{.samples = 600, .count = 80, .fixed = std::vector<double>(600)};
  given.spaces = {grid_space(600, 1), grid_space(600, 2)};
  given.mixes = {random_mix(600, 2, 3)};
  std::vector<std::vector<uint32_t>> orders;
  for (const uint64_t seed : {1, 2}) {
    given.seed = seed;
    expect_plain_greedy(given);
    std::vector<uint32_t>& order = orders.emplace_back();
    for (const GreedyPick& pick : chosen(given, 1)) order.push_back(pick.sample);
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST(Greedy, KeepsAwayFromWhatIsPreselected) {
  Case given = everything(400, 9);
  given.preselected = {3, 50, 399};
  for (const uint32_t sample : given.preselected) given.fixed[sample] = kNever;
  expect_plain_greedy(given);
  const auto picks = chosen(given, 1);
  for (const double distance : picks[0].distances) EXPECT_TRUE(std::isfinite(distance));
}

TEST(Greedy, LeavesOutWhatMustNotBeChosen) {
  Case given = everything(400, 10);
  for (size_t sample = 0; sample < 400; sample += 2) given.fixed[sample] = kNever;
  given.count = 1000;
  expect_plain_greedy(given);
  const auto picks = chosen(given, 1);
  EXPECT_EQ(picks.size(), 200u);
  for (const GreedyPick& pick : picks) EXPECT_EQ(pick.sample % 2, 1u);
}

TEST(Greedy, StopsWhereNothingIsFarEnough) {
  Case given = everything(400, 11);
  given.spaces[1].minimum_distance = 0.8;
  given.count = 400;
  expect_plain_greedy(given);
  const auto picks = chosen(given, 1);
  EXPECT_LT(picks.size(), 400u);
  for (const GreedyPick& pick : picks) EXPECT_GE(pick.distances[1], 0.8);
}

// Objects of images: some have many, some none at all.
TEST(Greedy, IsThePlainAlgorithmWithSeveralVectorsASample) {
  for (const bool first_is_empty : {false, true}) {
    Case given = everything(300, 12);
    Space& space = given.spaces[0];
    space.first = {0};
    const auto rows = static_cast<uint32_t>(space.values.size() / space.columns);
    for (uint32_t sample = 0; sample < 300; ++sample) {
      space.first.push_back(std::min<uint32_t>(rows, space.first.back() + sample % 4));
    }
    // Sample 0 has no vector; here it is by far the best, so that nothing has a distance after the first step, either.
    if (first_is_empty) given.fixed[0] = 100;
    expect_plain_greedy(given);
    EXPECT_EQ(chosen(given, 1)[0].sample == 0, first_is_empty);
  }
}

TEST(Greedy, CanBeCancelledAndCopesWithNothing) {
  const std::atomic<bool> cancel{true};
  const auto picks = greedy({.count = 1, .fixed = {0.0}, .diversities = {}, .balances = {}, .cancel = &cancel});
  ASSERT_FALSE(picks);
  EXPECT_EQ(picks.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(greedy({.count = 5, .fixed = {}, .diversities = {}, .balances = {}})->empty());
  EXPECT_TRUE(greedy({.count = 0, .fixed = {0.0}, .diversities = {}, .balances = {}})->empty());
}

}  // namespace
}  // namespace pretag
