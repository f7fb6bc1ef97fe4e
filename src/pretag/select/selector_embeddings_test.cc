// Diversity, similarity and typicality in a selection, alone and together with others.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "pretag/select/k_center.h"
#include "pretag/select/selector.h"
#include "pretag/select/similarity.h"
#include "pretag/select/typicality.h"
#include "support/selection_samples.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Order = std::vector<uint32_t>;

std::vector<float> random_unit_vectors(size_t rows, size_t columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * columns);
  for (size_t row = 0; row < rows; ++row) {
    float square = 0;
    for (size_t k = 0; k < columns; ++k) {
      float& value = values[row * columns + k];
      value = normal(random);
      square += value * value;
    }
    for (size_t k = 0; k < columns; ++k) values[row * columns + k] /= std::sqrt(square);
  }
  return values;
}

double distance(const std::vector<float>& values, size_t columns, size_t a, const std::vector<float>& others,
                size_t b) {
  double square = 0;
  for (size_t k = 0; k < columns; ++k) {
    const double difference = static_cast<double>(values[a * columns + k]) - others[b * columns + k];
    square += difference * difference;
  }
  return std::sqrt(square);
}

Objective diversity(size_t columns, std::vector<float> values, double strength = 1, double minimum_distance = -1) {
  Objective objective = vectors(StrategyType::kDiversity, columns, std::move(values), strength);
  objective.strategy.stopping_condition_minimum_distance = minimum_distance;
  return objective;
}

TEST(SelectorEmbeddings, DiversityIsTheFarthestFirstTraversal) {
  const auto values = random_unit_vectors(200, 16, 1);
  const SelectionProblem problem = problem_of(200, 30, {diversity(16, values)});
  const auto solution = solved(problem);
  ASSERT_EQ(solution.picks.size(), 30u);
  const auto wanted =
      k_center({MatrixView(values.data(), 200, 16), {}}, {.count = 30, .start = solution.picks[0].sample});
  ASSERT_TRUE(wanted);
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(solution.picks[i].sample, (*wanted)[i].sample);
    EXPECT_EQ(solution.picks[i].reasons.at(0).value, (*wanted)[i].distance);
  }
}

TEST(SelectorEmbeddings, TheSeedChoosesTheFirstSampleAndThreadsNothing) {
  std::set<uint32_t> starts;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SelectionProblem problem = problem_of(200, 20, {diversity(8, random_unit_vectors(200, 8, 2))});
    problem.seed = seed;
    const Order one = order_of(problem);
    starts.insert(one.at(0));
    for (const int threads : {2, 5}) {
      problem.threads = threads;
      EXPECT_EQ(order_of(problem), one);
    }
  }
  EXPECT_GT(starts.size(), 4u);
}

TEST(SelectorEmbeddings, DistanceTimesWeightDecides) {
  // On a line, 0 first for its weight; then 10·0.1 = 1, 6·0.5 = 3 and 2·1 = 2.
  const Objective line = diversity(1, {0, 10, 6, 2});
  const Objective wanted = numbers(StrategyType::kWeights, {1.001, 0.1, 0.5, 1});
  const auto solution = solved(problem_of(4, 2, {line, wanted}));
  EXPECT_EQ(order_of(solution), (Order{0, 2}));
  // Squared: 100·0.1 = 10, 36·0.5 = 18, 4·1 = 4; to the power of 5: 10^5·0.1 beats 6^5·0.5.
  EXPECT_EQ(order_of(problem_of(4, 2, {diversity(1, {0, 10, 6, 2}, 2), wanted})), (Order{0, 2}));
  EXPECT_EQ(order_of(problem_of(4, 2, {diversity(1, {0, 10, 6, 2}, 5), wanted})), (Order{0, 1}));
  // Reasons are in the order of the strategies.
  ASSERT_EQ(solution.picks[1].reasons.size(), 2u);
  EXPECT_EQ(solution.picks[1].reasons[0].strategy, 0u);
  EXPECT_EQ(solution.picks[1].reasons[0].value, 6);
  EXPECT_EQ(solution.picks[1].reasons[1].strategy, 1u);
  EXPECT_EQ(solution.picks[1].reasons[1].value, 0.5);
}

TEST(SelectorEmbeddings, TwoDiversitiesAndABalanceAreWeighedTogether) {
  ClassColumns classes{.classes = {"a", "b"}, .values = {}};
  for (int i = 0; i < 300; ++i)
    classes.values.insert(classes.values.end(), {i % 10 == 0 ? 0.0f : 1.0f, i % 10 == 0 ? 1.0f : 0.0f});
  Objective balance;
  balance.strategy = strategy_of(StrategyType::kBalance, 4);
  balance.strategy.distribution = BalanceDistribution::kUniform;
  balance.input = classes;
  SelectionProblem problem = problem_of(
      300, 20, {diversity(8, random_unit_vectors(300, 8, 3)), balance, diversity(4, random_unit_vectors(300, 4, 4))});
  const auto solution = solved(problem);
  ASSERT_EQ(solution.picks.size(), 20u);
  EXPECT_NEAR(solution.balances.at(0).classes[1].reached, 0.5, 0.051);
  for (const SelectionPick& pick : solution.picks) {
    ASSERT_EQ(pick.reasons.size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(pick.reasons[i].strategy, i);
  }
  problem.threads = 4;
  EXPECT_EQ(order_of(problem), order_of(solution));
}

TEST(SelectorEmbeddings, StopsWhereEverythingIsNearAndSaysSo) {
  const auto solution = solved(problem_of(5, 4, {diversity(1, {0, 1, 2, 6, 10}, 1, 3.5)}));
  EXPECT_EQ(solution.picks.size(), 3u);
  EXPECT_THAT(solution.notes, ElementsAre(HasSubstr("vectors: stopped after 3 of 4 samples")));
  // Also where all could have been taken.
  EXPECT_EQ(order_of(problem_of(5, 9, {diversity(1, {0, 1, 2, 6, 10}, 1, 3.5)})).size(), 3u);
}

TEST(SelectorEmbeddings, OnlyWhatHappenedIsNoted) {
  // All five are far enough: nothing was stopped, there just are no more.
  EXPECT_THAT(solved(problem_of(5, 9, {diversity(1, {0, 1, 2, 6, 10}, 1, 0.5)})).notes,
              ElementsAre("9 samples were asked for, but there are 5 to choose from"));
  // The sum ended it, not the distance.
  Objective sum = numbers(StrategyType::kWeights, {1, 1, 1, 1, 1});
  sum.strategy.stopping_condition_max_sum = 2;
  EXPECT_THAT(solved(problem_of(5, 4, {diversity(1, {0, 1, 2, 6, 10}, 1, 0.5), sum})).notes,
              ElementsAre("numbers: stopped after 2 samples, one more would bring the sum above 2"));
  // A strategy that is switched off stops nothing.
  EXPECT_THAT(
      solved(
          problem_of(5, 3, {diversity(1, {0, 1, 2, 6, 10}, 0, 1.9), numbers(StrategyType::kWeights, {1, 2, 3, 4, 5})}))
          .notes,
      IsEmpty());
}

TEST(SelectorEmbeddings, SimilarityIsOneMinusHalfTheDistanceToTheNearestOfTheQuery) {
  const auto values = random_unit_vectors(1500, 24, 5), query = random_unit_vectors(7, 24, 6);
  for (const int threads : {1, 3}) {
    const auto similarities =
        similarity({MatrixView(values.data(), 1500, 24), {}}, MatrixView(query.data(), 7, 24), threads);
    for (size_t i = 0; i < 1500; ++i) {
      double nearest = 2;
      for (size_t q = 0; q < 7; ++q) nearest = std::min(nearest, distance(values, 24, i, query, q));
      ASSERT_NEAR(similarities[i], 1 - nearest / 2, 1e-6);
    }
  }
}

TEST(SelectorEmbeddings, SimilarityPrefersWhatIsNearTheQuery) {
  Objective objective = vectors(StrategyType::kSimilarity, 2, {-1, 0, 0, 1, 1, 0, 0.8f, 0.6f});
  objective.query = vectors_of(2, {1, 0});
  const auto solution = solved(problem_of(4, 3, {objective}));
  EXPECT_EQ(order_of(solution), (Order{2, 3, 1}));
  EXPECT_EQ(solution.picks[0].reasons[0].value, 1);
  EXPECT_NEAR(solution.picks[1].reasons[0].value, 1 - std::sqrt(0.4) / 2, 1e-6);
  objective.query = vectors_of(2, {1, 0, -1, 0});
  EXPECT_EQ(order_of(problem_of(4, 2, {objective})).size(), 2u);
  EXPECT_EQ(solved(problem_of(4, 2, {objective})).picks[1].reasons[0].value, 1);
}

TEST(SelectorEmbeddings, ASampleOfSeveralVectorsIsAsSimilarAsItsNearest) {
  const std::vector<float> rows = {0, 1, 1, 0, -1, 0}, query = {1, 0};
  const std::vector<uint32_t> first = {0, 2, 2, 3};
  const auto similarities = similarity({MatrixView(rows.data(), 3, 2), first}, MatrixView(query.data(), 1, 2), 1);
  EXPECT_THAT(similarities, ElementsAre(1, 0, 0));
}

TEST(SelectorEmbeddings, TypicalityIsTheInverseMeanDistanceToTheNearest) {
  constexpr size_t kSamples = 300, kNeighbors = 7;
  const auto values = random_unit_vectors(kSamples, 6, 8);
  const SampleVectors samples{MatrixView(values.data(), kSamples, 6), {}};
  const auto typicalities = typicality(samples, kNeighbors, 1, 1);
  for (size_t i = 0; i < kSamples; ++i) {
    std::vector<double> distances;
    for (size_t other = 0; other < kSamples; ++other) {
      if (other != i) distances.push_back(distance(values, 6, i, values, other));
    }
    std::ranges::sort(distances);
    double sum = 0;
    for (size_t n = 0; n < kNeighbors; ++n) sum += distances[n];
    ASSERT_NEAR(typicalities[i], 1 / (1 + sum / kNeighbors), 1e-6);
  }
  EXPECT_EQ(typicality(samples, kNeighbors, 1, 4), typicalities);
  EXPECT_EQ(typicality(samples, kNeighbors, 99, 1), typicalities);  // so few are not drawn from
}

TEST(SelectorEmbeddings, TypicalityOfManyIsEstimatedFromSomeOfThem) {
  const size_t rows = kTypicalityReferences + 2000;
  const auto values = random_unit_vectors(rows, 3, 9);
  std::vector<uint32_t> first(101);  // a hundred samples are looked at, among the vectors of all
  std::iota(first.begin(), first.end(), 0u);
  const SampleVectors few{MatrixView(values.data(), rows, 3), first};
  const auto one = typicality(few, 20, 1, 2), again = typicality(few, 20, 1, 1), other = typicality(few, 20, 2, 2);
  EXPECT_EQ(one, again);
  EXPECT_NE(one, other);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], other[i], 0.02);
}

TEST(SelectorEmbeddings, TypicalityOfOneOrNoneIsDefined) {
  const std::vector<float> one = {1, 0};
  EXPECT_THAT(typicality({MatrixView(one.data(), 1, 2), {}}, 5, 1, 1), ElementsAre(1));
  EXPECT_THAT(typicality({MatrixView(nullptr, 0, 2), {}}, 5, 1, 1), IsEmpty());
  const std::vector<uint32_t> first = {0, 0, 1};
  EXPECT_THAT(typicality({MatrixView(one.data(), 1, 2), first}, 5, 1, 1), ElementsAre(0, 1));
}

TEST(SelectorEmbeddings, WhatIsNotTypicalEnoughIsLeftOut) {
  Objective objective = vectors(StrategyType::kTypicality, 1, {0, 0.1f, 0.2f, 0.3f, 50});
  objective.strategy.num_nearest_neighbors = 2;
  objective.strategy.stopping_condition_minimum_typicality = 0.5;
  const auto solution = solved(problem_of(5, 5, {objective}));
  EXPECT_EQ(order_of(solution), (Order{0, 1, 2, 3}));
  EXPECT_EQ(solution.candidates, 4u);
  EXPECT_THAT(solution.notes, ElementsAre("5 samples were asked for, but there are 4 to choose from",
                                          "vectors: left out 1 samples with a typicality below 0.5"));
  objective.strategy.strength = 0;
  EXPECT_EQ(order_of(problem_of(5, 5, {objective})).size(), 5u);
}

TEST(SelectorEmbeddings, WhatIsNotFiniteIsRefusedByName) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    const auto solution = select_samples(problem_of(2, 1, {diversity(2, {0, 1, value, 0})}));
    ASSERT_FALSE(solution);
    EXPECT_EQ(solution.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(solution.error().message, "vectors: an embedding holds a number that is not finite");

    Objective objective = vectors(StrategyType::kSimilarity, 2, {0, 1, 1, 0});
    objective.query = vectors_of(2, {0, value});
    const auto similar = select_samples(problem_of(2, 1, {objective}));
    ASSERT_FALSE(similar);
    EXPECT_EQ(similar.error().message, "vectors: the query holds a number that is not finite");
  }
}

TEST(SelectorEmbeddings, VectorsThatDoNotFitAreRefused) {
  const auto message = [](const Objective& objective) {
    const auto solution = select_samples(problem_of(2, 1, {objective}));
    return solution ? "(no error)" : solution.error().message;
  };
  EXPECT_EQ(message(diversity(2, {0, 1})), "vectors: a sample has no embedding");
  EXPECT_EQ(message(diversity(0, {})), "vectors: a sample has no embedding");
  Objective objective = vectors(StrategyType::kSimilarity, 2, {0, 1, 1, 0});
  EXPECT_EQ(message(objective), "vectors: the query has no embedding");
  objective.query = vectors_of(2, {});
  EXPECT_EQ(message(objective), "vectors: the query has no embedding");
  objective.query = vectors_of(1, {1});
  EXPECT_EQ(message(objective), "vectors: the embeddings of the query have 1 numbers, those of the inputs 2");
}

}  // namespace
}  // namespace pretag
