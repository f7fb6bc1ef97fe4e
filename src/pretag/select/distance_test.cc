#include "pretag/select/distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "pretag/select/centre_panels.h"

namespace pretag {
namespace {

std::vector<float> random_row(size_t columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> row(columns);
  for (auto& value : row) value = normal(random);
  return row;
}

// The contract, spelled out: 32 sums side by side, added in halves. No multiplication is fused with an addition.
float in_the_promised_order(const std::vector<float>& a, const std::vector<float>& b) {
  float sums[32] = {};
  for (size_t k = 0; k < a.size(); ++k) {
    volatile float square = (a[k] - b[k]) * (a[k] - b[k]);
    sums[k % 32] += square;
  }
  for (size_t half = 16; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

TEST(Distance, IsTheSameBitsEverywhere) {
  for (size_t columns = 0; columns < 140; ++columns) {
    const auto a = random_row(columns, 1), b = random_row(columns, 2);
    EXPECT_EQ(squared_distance(a.data(), b.data(), columns), in_the_promised_order(a, b)) << columns;
    double sum = 0;
    for (size_t k = 0; k < columns; ++k) {
      sum += std::pow(static_cast<double>(a[k]) - static_cast<double>(b[k]), 2);
    }
    EXPECT_NEAR(squared_distance(a.data(), b.data(), columns), sum, 1e-4);
  }
}

TEST(Distance, ZerosAtTheEndChangeNothing) {
  for (const size_t columns : {1, 15, 16, 17, 31, 33, 100}) {
    auto a = random_row(columns, 3), b = random_row(columns, 4);
    const float distance = squared_distance(a.data(), b.data(), columns);
    a.resize(columns + 45), b.resize(columns + 45);
    EXPECT_EQ(squared_distance(a.data(), b.data(), columns + 45), distance) << columns;
  }
}

TEST(Distance, OfEqualVectorsIsZero) {
  const auto a = random_row(77, 5);
  EXPECT_EQ(squared_distance(a.data(), a.data(), 77), 0);
}

TEST(Distance, LowersOnlyWhatIsFarther) {
  const std::vector<float> rows = {0, 0, 3, 4, 9, 9};
  const std::vector<float> centre = {0, 0};
  std::vector<float> bounds = {5, 30, 1};
  lower_bounds(rows.data(), 3, 2, 2, centre.data(), bounds.data());
  EXPECT_EQ(bounds, (std::vector<float>{0, 25, 1}));
}

// The filter may let too much through, but never hides a centre that is nearer.
TEST(CentrePanels, NeverMissANearerCentre) {
  for (const size_t columns : {1, 5, 32, 300}) {
    for (const float scale : {1e-6f, 1.0f, 1e6f}) {
      CentrePanels panels(columns);
      std::vector<std::vector<float>> centres, points;
      for (uint32_t i = 0; i < 37; ++i) {
        centres.push_back(random_row(columns, 100 + i));
        for (auto& value : centres.back()) value *= scale;
        panels.add(centres.back().data());
      }
      for (uint32_t i = 0; i < CentrePanels::kRows; ++i) {
        points.push_back(centres[i * 5]);  // very near to one centre, where rounding matters most
        points.back()[0] += 1e-4f * scale * static_cast<float>(i);
      }
      size_t passed = 0;
      for (size_t panel = 0; panel < panels.panels(); ++panel) {
        for (size_t c = panel * CentrePanels::kWidth; c < std::min<size_t>(37, (panel + 1) * 16); ++c) {
          std::array<const float*, CentrePanels::kRows> rows{};
          std::array<float, CentrePanels::kRows> thresholds{};
          std::array<uint32_t, CentrePanels::kRows> masks{};
          for (size_t i = 0; i < rows.size(); ++i) {
            rows[i] = points[i].data();
            // The bound is the next number above this centre's distance: the centre is nearer, by the least there is.
            const float distance = squared_distance(rows[i], centres[c].data(), columns);
            thresholds[i] = panels.threshold(static_cast<float>(squared_norm(rows[i], columns)),
                                             std::nextafter(distance, std::numeric_limits<float>::infinity()));
          }
          panels.filter(panel, rows, thresholds, masks);
          for (size_t i = 0; i < rows.size(); ++i) {
            EXPECT_TRUE(masks[i] >> (c % 16) & 1) << c << " " << i;
            passed += static_cast<size_t>(std::popcount(masks[i]));
          }
        }
        // Lanes without a centre never pass, not even for an infinite bound.
        std::array<const float*, CentrePanels::kRows> rows{};
        rows.fill(points[0].data());
        std::array<float, CentrePanels::kRows> thresholds{};
        thresholds.fill(panels.threshold(1, std::numeric_limits<float>::infinity()));
        std::array<uint32_t, CentrePanels::kRows> masks{};
        panels.filter(panel, rows, thresholds, masks);
        EXPECT_EQ(masks[3], panel == 2 ? 0x1fu : 0xffffu);
      }
      EXPECT_TRUE(columns < 300 || passed < 37u * 6 * 16);  // and it does filter
    }
  }
}

}  // namespace
}  // namespace pretag
