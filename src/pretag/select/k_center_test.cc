#include "pretag/select/k_center.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "pretag/select/distance.h"

namespace pretag {
namespace {

struct Points {
  std::vector<float> values;
  size_t columns;
  MatrixView view() const { return {values.data(), values.size() / columns, columns}; }
};

Points random_points(size_t rows, size_t columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Points points{std::vector<float>(rows * columns), columns};
  for (auto& value : points.values) value = normal(random);
  return points;
}

// Tight groups of different sizes, with exact copies: where bounds help most and ties are frequent.
Points grouped_points(size_t rows, size_t columns, uint32_t seed) {
  const Points centres = random_points(20, columns, seed + 1);
  Points points = random_points(rows, columns, seed);
  for (size_t i = 0; i < rows; ++i) {
    const size_t group = i * i % 20;
    for (size_t k = 0; k < columns; ++k) {
      float& value = points.values[i * columns + k];
      value = centres.values[group * columns + k] + 0.05f * value;
    }
    if (i % 7 == 3)
      std::copy_n(points.values.begin() + (i - 1) * columns, columns, points.values.begin() + i * columns);
  }
  return points;
}

// The algorithm as it stands in the paper: all samples, all the time.
std::vector<KCenterPick> plain_greedy(const SampleVectors& vectors, const KCenterOptions& options) {
  const auto samples = static_cast<uint32_t>(vectors.samples());
  std::vector<uint8_t> free(options.eligible.begin(), options.eligible.end());
  free.resize(samples, options.eligible.empty() ? 1 : 0);
  std::vector<float> nearest(vectors.rows.rows, std::numeric_limits<float>::infinity());
  const auto add = [&](uint32_t centre) {
    free[centre] = 0;
    for (size_t row = 0; row < nearest.size(); ++row) {
      for (uint32_t c = vectors.begin(centre); c < vectors.end(centre); ++c) {
        nearest[row] =
            std::min(nearest[row], squared_distance(vectors.rows.row(row), vectors.rows.row(c), vectors.rows.columns));
      }
    }
  };
  for (const uint32_t centre : options.preselected) add(centre);
  std::vector<KCenterPick> picks;
  while (picks.size() < options.count) {
    int64_t best = -1;
    float best_distance = 0;
    double best_key = 0;
    for (uint32_t i = 0; i < samples; ++i) {
      const uint32_t sample =
          picks.empty() && options.preselected.empty() && options.fixed.empty() ? (options.start + i) % samples : i;
      float distance = 0;
      for (uint32_t row = vectors.begin(sample); row < vectors.end(sample); ++row) {
        distance = std::max(distance, nearest[row]);
      }
      if (!free[sample] || std::sqrt(distance) < options.minimum_distance) continue;
      double key = distance;
      if (!options.fixed.empty()) {
        const bool first = std::isinf(distance);
        key = options.fixed[sample] +
              (first ? 0 : options.strength / 2 * std::log(std::max(static_cast<double>(distance), 1e-12)));
      }
      if (best < 0 || key > best_key) best = sample, best_distance = distance, best_key = key;
    }
    if (best < 0) break;
    picks.push_back({static_cast<uint32_t>(best), std::sqrt(best_distance)});
    add(static_cast<uint32_t>(best));
  }
  return picks;
}

void expect_equal(const std::vector<KCenterPick>& got, const std::vector<KCenterPick>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sample, wanted[i].sample) << "step " << i;
    ASSERT_EQ(got[i].distance, wanted[i].distance) << "step " << i;
  }
}

std::vector<KCenterPick> chosen(const SampleVectors& vectors, const KCenterOptions& options) {
  auto picks = k_center(vectors, options);
  EXPECT_TRUE(picks.ok());
  return picks.ok() ? *picks : std::vector<KCenterPick>{};
}

TEST(KCenter, TakesTheFarthestPointOnALine) {
  const Points line{{0, 1, 2, 6, 10}, 1};
  const auto picks = chosen({line.view(), {}}, {.count = 5, .start = 1});
  std::vector<uint32_t> order;
  for (const auto& pick : picks) order.push_back(pick.sample);
  EXPECT_EQ(order, (std::vector<uint32_t>{1, 4, 3, 0, 2}));  // 0 and 2 are both 1 away: the lower index first
  EXPECT_TRUE(std::isinf(picks[0].distance));
  EXPECT_EQ(picks[1].distance, 9);
  EXPECT_EQ(picks[2].distance, 4);
  EXPECT_EQ(picks[4].distance, 1);
}

TEST(KCenter, IsThePlainGreedyAlgorithm) {
  for (const size_t columns : {1, 2, 16, 37, 128}) {
    for (const bool groups : {false, true}) {
      const Points points = groups ? grouped_points(1500, columns, 5) : random_points(1500, columns, 5);
      for (const size_t shortlist : {1, 7, 100, 5000}) {
        const SampleVectors vectors{points.view(), {}};
        const KCenterOptions options{.count = 200, .start = 11, .threads = 2, .shortlist = shortlist};
        SCOPED_TRACE(testing::Message() << columns << " columns, groups " << groups << ", shortlist " << shortlist);
        expect_equal(chosen(vectors, options), plain_greedy(vectors, options));
      }
    }
  }
}

TEST(KCenter, IsThePlainGreedyAlgorithmWithOtherObjectives) {
  const Points points = grouped_points(800, 24, 3);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(0.01, 1);
  std::vector<double> fixed(800);
  for (auto& value : fixed) value = 2 * std::log(uniform(random));
  for (const double strength : {0.1, 1.0, 30.0}) {
    const KCenterOptions options{
        .count = 300, .minimum_distance = 0.01, .fixed = fixed, .strength = strength, .shortlist = 50};
    expect_equal(chosen({points.view(), {}}, options), plain_greedy({points.view(), {}}, options));
  }
}

TEST(KCenter, AllSamplesCanBeChosen) {
  const Points points = grouped_points(300, 8, 9);  // a seventh are copies: at the end every distance is 0
  const KCenterOptions options{.count = 1000, .shortlist = 40};
  const auto picks = chosen({points.view(), {}}, options);
  EXPECT_EQ(picks.size(), 300u);
  expect_equal(picks, plain_greedy({points.view(), {}}, options));
  EXPECT_EQ(picks.back().distance, 0);
}

TEST(KCenter, IdenticalSamplesAreTakenInTheirOrder) {
  const Points points{std::vector<float>(500 * 4, 0.5f), 4};
  const auto picks = chosen({points.view(), {}}, {.count = 10, .start = 3, .shortlist = 4});
  std::vector<uint32_t> order;
  for (const auto& pick : picks) order.push_back(pick.sample);
  EXPECT_EQ(order, (std::vector<uint32_t>{3, 0, 1, 2, 4, 5, 6, 7, 8, 9}));
}

TEST(KCenter, KeepsAwayFromPreselectedSamplesAndDoesNotChooseThem) {
  const Points points = random_points(600, 12, 4);
  const std::vector<uint32_t> preselected = {5, 77, 300};
  const KCenterOptions options{.count = 50, .preselected = preselected, .shortlist = 30};
  const auto picks = chosen({points.view(), {}}, options);
  expect_equal(picks, plain_greedy({points.view(), {}}, options));
  for (const auto& pick : picks) {
    EXPECT_FALSE(std::isinf(pick.distance));
    EXPECT_EQ(std::count(preselected.begin(), preselected.end(), pick.sample), 0);
  }
}

TEST(KCenter, ChoosesOnlyWhatIsEligible) {
  const Points points = random_points(400, 6, 8);
  std::vector<uint8_t> eligible(400);
  for (size_t i = 0; i < eligible.size(); i += 3) eligible[i] = 1;
  const KCenterOptions options{.count = 1000, .eligible = eligible, .start = 2, .shortlist = 16};
  const auto picks = chosen({points.view(), {}}, options);
  EXPECT_EQ(picks.size(), 134u);
  EXPECT_EQ(picks[0].sample, 3u);  // the first eligible one from the start
  expect_equal(picks, plain_greedy({points.view(), {}}, options));
}

TEST(KCenter, StopsWhenNothingIsFarEnough) {
  const Points line{{0, 1, 2, 6, 10}, 1};
  EXPECT_EQ(chosen({line.view(), {}}, {.count = 5, .minimum_distance = 4}).size(), 3u);  // 0, 10, 6: 4 is far enough
  EXPECT_EQ(chosen({line.view(), {}}, {.count = 5, .minimum_distance = 4.01}).size(), 2u);
}

TEST(KCenter, ASampleIsAsFarAsTheFarthestOfItsVectors) {
  const Points rows{{0, 0.1f, 5, 0.2f, 0.3f, 4}, 1};
  const std::vector<uint32_t> first = {0, 1, 3, 3, 5, 6};  // {0}, {0.1, 5}, {}, {0.2, 0.3}, {4}
  const auto picks = chosen({rows.view(), first}, {.count = 5});
  std::vector<uint32_t> order;
  for (const auto& pick : picks) order.push_back(pick.sample);
  EXPECT_EQ(order, (std::vector<uint32_t>{0, 1, 4, 3, 2}));  // the one without vectors comes last
  EXPECT_EQ(picks[1].distance, 5);
  EXPECT_EQ(picks[2].distance, 1);
  EXPECT_EQ(picks[4].distance, 0);
}

TEST(KCenter, IsThePlainGreedyAlgorithmWithSeveralVectorsASample) {
  const Points rows = grouped_points(2000, 10, 6);
  std::vector<uint32_t> first = {0};
  while (first.back() < 2000)
    first.push_back(std::min<uint32_t>(2000, first.back() + static_cast<uint32_t>(first.size() % 5)));
  for (const size_t shortlist : {3, 60}) {
    const KCenterOptions options{.count = 250, .start = 8, .shortlist = shortlist};
    expect_equal(chosen({rows.view(), first}, options), plain_greedy({rows.view(), first}, options));
  }
}

TEST(KCenter, DoesNotDependOnThreads) {
  const Points points = random_points(5000, 32, 2);
  const auto one = chosen({points.view(), {}}, {.count = 400, .threads = 1});
  for (const int threads : {2, 3, 8})
    expect_equal(chosen({points.view(), {}}, {.count = 400, .threads = threads}), one);
}

TEST(KCenter, DoesNotDependOnTheScale) {
  for (const float scale : {1e-12f, 1e12f}) {
    Points points = random_points(500, 16, 12);
    const auto wanted = chosen({points.view(), {}}, {.count = 60});
    for (auto& value : points.values) value *= scale;
    const KCenterOptions options{.count = 60};
    expect_equal(chosen({points.view(), {}}, options), plain_greedy({points.view(), {}}, options));
  }
}

// The largest distance of a point to the nearest of the centres.
float radius(const MatrixView& points, const std::vector<size_t>& centres) {
  float farthest = 0;
  for (size_t i = 0; i < points.rows; ++i) {
    float nearest = std::numeric_limits<float>::infinity();
    for (const size_t c : centres)
      nearest = std::min(nearest, squared_distance(points.row(i), points.row(c), points.columns));
    farthest = std::max(farthest, nearest);
  }
  return std::sqrt(farthest);
}

TEST(KCenter, IsAtMostTwiceAsFarAsTheBestChoice) {
  constexpr size_t kPoints = 14, kCentres = 4;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    const Points points = random_points(kPoints, 1 + seed % 3, seed);
    float best = std::numeric_limits<float>::infinity();
    for (uint32_t set = 0; set < (1u << kPoints); ++set) {
      if (std::popcount(set) != kCentres) continue;
      std::vector<size_t> centres;
      for (size_t i = 0; i < kPoints; ++i) {
        if ((set >> i & 1) != 0) centres.push_back(i);
      }
      best = std::min(best, radius(points.view(), centres));
    }
    std::vector<size_t> centres;
    for (const auto& pick :
         chosen({points.view(), {}}, {.count = kCentres, .start = static_cast<uint32_t>(seed % kPoints)})) {
      centres.push_back(pick.sample);
    }
    EXPECT_LE(radius(points.view(), centres), 2 * best * 1.00001f) << seed;
  }
}

TEST(KCenter, CanBeCancelled) {
  const Points points = random_points(100, 4, 1);
  const std::atomic<bool> cancel{true};
  const auto picks = k_center({points.view(), {}}, {.count = 10, .cancel = &cancel});
  ASSERT_FALSE(picks.ok());
  EXPECT_EQ(picks.error().code, ErrorCode::kCancelled);
}

TEST(KCenter, NothingGivesNothing) {
  EXPECT_TRUE(chosen({MatrixView(nullptr, 0, 8), {}}, {.count = 5}).empty());
  const Points points = random_points(3, 4, 1);
  EXPECT_TRUE(chosen({points.view(), {}}, {.count = 0}).empty());
}

}  // namespace
}  // namespace pretag
