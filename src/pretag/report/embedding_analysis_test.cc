#include "pretag/report/embedding_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "support/report_models.h"

namespace pretag {
namespace {

std::string name_of(int i) { return "image" + std::to_string(1000 + i); }

ImageFate all_removed(const std::string&) { return ImageFate::kRemoved; }

int64_t total(const Histogram& histogram) {
  return std::accumulate(histogram.counts.begin(), histogram.counts.end(), int64_t{0});
}

TEST(EmbeddingAnalysis, IsEmptyWithoutEmbeddings) {
  EmbeddingAnalysis analysis;
  analysis.add("a", {}, ImageFate::kSelected);
  const EmbeddingStatistics statistics = analysis.statistics(3, all_removed);
  EXPECT_EQ(statistics.images, 0);
  EXPECT_TRUE(statistics.input_points.empty());
  EXPECT_TRUE(statistics.similar_pairs.empty());
}

TEST(EmbeddingAnalysis, PassesOverWhatIsNoEmbedding) {
  EmbeddingAnalysis analysis;
  analysis.add("a", embedding_at(0), ImageFate::kRemoved);
  analysis.add("b", std::vector<float>{1, 0, 0}, ImageFate::kRemoved);
  analysis.add("c", std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 0}, ImageFate::kRemoved);
  analysis.add("d", embedding_at(1), ImageFate::kRemoved);
  EXPECT_EQ(analysis.statistics(3, all_removed).images, 2);
}

TEST(EmbeddingAnalysis, FindsTheNearestSelectedImageOfEach) {
  EmbeddingAnalysis analysis;
  const auto fate_of = [](const std::string& name) {
    return name == name_of(0)    ? ImageFate::kSelected
           : name == name_of(10) ? ImageFate::kPreselected
           : name == name_of(11) ? ImageFate::kDuplicate
                                 : ImageFate::kRemoved;
  };
  for (int i = 0; i < 12; ++i) analysis.add(name_of(i), embedding_at(0.1 * i), fate_of(name_of(i)));
  const EmbeddingStatistics statistics = analysis.statistics(3, fate_of);
  EXPECT_EQ(statistics.measured, 9);
  EXPECT_EQ(statistics.removed, 9);
  const auto chord = [](double angle) { return 2 * std::sin(angle / 2); };
  ASSERT_EQ(statistics.examples.size(), 3u);
  EXPECT_EQ(statistics.examples[0].removed, name_of(1));
  EXPECT_EQ(statistics.examples[0].kept, name_of(0));
  EXPECT_NEAR(statistics.examples[0].distance, chord(0.1), 1e-6);
  EXPECT_EQ(statistics.examples[2].removed, name_of(5));
  EXPECT_NEAR(statistics.distance_to_selected.max, chord(0.5), 1e-6);
  ASSERT_EQ(statistics.selected_points.size(), 2u);
  EXPECT_FALSE(statistics.selected_points[0].preselected);
  EXPECT_TRUE(statistics.selected_points[1].preselected);
  // Where they lie among all.
  ASSERT_EQ(statistics.input_points.size(), 12u);
  EXPECT_EQ(statistics.selected_points[1].filename, statistics.input_points[10].filename);
  EXPECT_EQ(statistics.selected_points[1].umap, statistics.input_points[10].umap);
  EXPECT_NE(statistics.input_points[10].umap, statistics.input_points[11].umap);
}

TEST(EmbeddingAnalysis, DrawsPairsOfLargeSetsAndCountsEveryPairOfSmallOnes) {
  EmbeddingAnalysis few, many;
  for (int i = 0; i < 10; ++i) few.add(name_of(i), embedding_at(0.1 * i), ImageFate::kRemoved);
  for (int i = 0; i < 1000; ++i) many.add(name_of(i), embedding_at(0.001 * i), ImageFate::kSelected);
  EXPECT_EQ(total(few.statistics(0, all_removed).input_distances), 45);
  EXPECT_TRUE(few.statistics(0, all_removed).selected_distances.counts.empty());
  const EmbeddingStatistics statistics = many.statistics(0, all_removed);
  EXPECT_EQ(total(statistics.input_distances), static_cast<int64_t>(kDrawnPairs));
  EXPECT_EQ(statistics.input_distances.counts, statistics.selected_distances.counts);
}

TEST(EmbeddingAnalysis, ListsTheMostSimilarPairsButNoEqualOnes) {
  EmbeddingAnalysis analysis;
  const double angles[] = {0, 1, 1, 2, 2.01, 3.5};
  for (int i = 0; i < 6; ++i) analysis.add(name_of(i), embedding_at(angles[i]), ImageFate::kRemoved);
  const auto pairs = analysis
                         .statistics(0,
                                     [](const std::string& name) {
                                       return name == name_of(4) ? ImageFate::kSelected : ImageFate::kRemoved;
                                     })
                         .similar_pairs;
  ASSERT_FALSE(pairs.empty());
  EXPECT_EQ(pairs[0].first, name_of(3));
  EXPECT_EQ(pairs[0].second, name_of(4));
  EXPECT_FALSE(pairs[0].first_selected);
  EXPECT_TRUE(pairs[0].second_selected);
  for (const SimilarPair& pair : pairs) EXPECT_GT(pair.distance, 0);
}

TEST(EmbeddingSample, StaysSmallAndSpread) {
  EmbeddingSample sample(10);
  for (int i = 0; i < 1000; ++i) {
    sample.add(std::to_string(i), std::vector<float>{static_cast<float>(i)});
    EXPECT_LT(sample.rows().size(), 20u);
  }
  EXPECT_FALSE(sample.is_complete());
  ASSERT_GE(sample.rows().size(), 10u);
  for (size_t i = 0; i < sample.rows().size(); ++i) {
    EXPECT_LT(i > 0 ? sample.rows().row(i - 1)[0] : -1, sample.rows().row(i)[0]);
    EXPECT_EQ(sample.rows().filenames[i], std::to_string(static_cast<int>(sample.rows().row(i)[0])));
  }
}

TEST(EmbeddingSample, SeesEveryCameraOfARig) {
  EmbeddingSample sample(100);
  for (int i = 0; i < 10'000; ++i) sample.add(std::to_string(i % 8), std::vector<float>{0});
  for (const EmbeddingRows& rows : {sample.rows(), sample.rows().spread(64)}) {
    EXPECT_EQ(std::set(rows.filenames.begin(), rows.filenames.end()).size(), 8u);
  }
  EXPECT_EQ(sample.rows().spread(64).size(), 64u);
}

}  // namespace
}  // namespace pretag
