#include "pretag/report/umap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pretag/report/principal_components.h"
#include "pretag/report/random.h"

namespace pretag {
namespace {

constexpr size_t kDimension = 16;

std::vector<PlanePoint> map_of(const EmbeddingRows& rows) {
  const PrincipalComponents components(rows);
  std::vector<PlanePoint> start;
  for (size_t i = 0; i < rows.size(); ++i) start.push_back(components.project(rows.row(i)));
  return umap(rows, start);
}

double squared_distance(const PlanePoint& a, const PlanePoint& b) {
  return std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2);
}

size_t nearest_on_map(const std::vector<PlanePoint>& map, size_t row) {
  size_t nearest = row == 0 ? 1 : 0;
  for (size_t i = 0; i < map.size(); ++i)
    if (i != row && squared_distance(map[i], map[row]) < squared_distance(map[nearest], map[row])) nearest = i;
  return nearest;
}

// Six clouds around corners of a cube of many dimensions, more than two axes can tell apart.
EmbeddingRows clouds(size_t rows_a_cloud) {
  EmbeddingRows rows;
  Random random(7);
  for (size_t i = 0; i < 6 * rows_a_cloud; ++i) {
    std::vector<float> values(kDimension);
    for (float& value : values) value = static_cast<float>(0.1 * random.unit());
    values[i % 6] += 1;
    rows.add(std::to_string(i), values);
  }
  return rows;
}

TEST(Umap, SetsCloudsApartThatTwoPrincipalComponentsMix) {
  const EmbeddingRows rows = clouds(50);
  const std::vector<PlanePoint> map = map_of(rows);
  ASSERT_EQ(map.size(), rows.size());
  size_t beside_their_own = 0;
  for (size_t i = 0; i < map.size(); ++i) beside_their_own += nearest_on_map(map, i) % 6 == i % 6 ? 1 : 0;
  EXPECT_EQ(beside_their_own, map.size());
  // Each cloud is one, with room around it.
  double widest = 0, narrowest = 1e9;
  for (size_t i = 0; i < map.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double distance = std::sqrt(squared_distance(map[i], map[j]));
      if (i % 6 == j % 6)
        widest = std::max(widest, distance);
      else
        narrowest = std::min(narrowest, distance);
    }
  EXPECT_GT(narrowest, 0.5);
  EXPECT_LT(widest, 12);
}

TEST(Umap, KeepsNeighborsOfARing) {
  EmbeddingRows rows;
  constexpr size_t kRows = 400;
  for (size_t i = 0; i < kRows; ++i) {
    std::vector<float> values(kDimension);
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / kRows;
    values[3] = static_cast<float>(std::cos(angle));
    values[8] = static_cast<float>(std::sin(angle));
    rows.add(std::to_string(i), values);
  }
  const std::vector<PlanePoint> map = map_of(rows);
  size_t close = 0;
  for (size_t i = 0; i < kRows; ++i) {
    const size_t apart = (nearest_on_map(map, i) + kRows - i) % kRows;
    close += std::min(apart, kRows - apart) <= 15 ? 1 : 0;
  }
  EXPECT_GE(close, kRows * 99 / 100);
}

TEST(Umap, IsTheSameEveryTime) {
  const EmbeddingRows rows = clouds(10);
  EXPECT_EQ(map_of(rows), map_of(rows));
}

TEST(Umap, TakesRowsThatAreEqualOrFew) {
  EmbeddingRows rows;
  EXPECT_TRUE(map_of(rows).empty());
  for (int i = 0; i < 40; ++i) {
    rows.add(std::to_string(i), std::vector<float>{1, 2, 3});
    for (const PlanePoint& point : map_of(rows)) EXPECT_TRUE(std::isfinite(point[0]) && std::isfinite(point[1]));
  }
}

}  // namespace
}  // namespace pretag
