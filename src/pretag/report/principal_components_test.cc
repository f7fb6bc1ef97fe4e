#include "pretag/report/principal_components.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pretag {
namespace {

TEST(PrincipalComponents, FindTheLongAndTheShortAxisOfACloud) {
  // Along (3, 4, 0) / 5 with deviation 10, along (0, 0, 1) with deviation 2, around (7, 7, 7).
  EmbeddingRows rows;
  for (int i = -50; i <= 50; ++i) {
    const double along = 20.0 * i / 50, across = i % 2 == 0 ? 2 : -2;
    rows.add("", std::vector<float>{static_cast<float>(7 + 0.6 * along), static_cast<float>(7 + 0.8 * along),
                                    static_cast<float>(7 + across)});
  }
  const PrincipalComponents components(rows);
  const auto at = components.project(std::vector<float>{7 + 6, 7 + 8, 7});
  EXPECT_NEAR(at[0], 10, 0.2);
  EXPECT_NEAR(std::abs(at[1]), 0, 0.2);
  EXPECT_NEAR(std::abs(components.project(std::vector<float>{7, 7, 8})[1]), 1, 0.05);
  EXPECT_GT(components.explained()[0], 0.9);
  EXPECT_NEAR(components.explained()[0] + components.explained()[1], 1, 1e-3);
}

TEST(PrincipalComponents, AreZeroWhereNothingDiffers) {
  EmbeddingRows rows;
  for (int i = 0; i < 5; ++i) rows.add("", std::vector<float>{1, 2, 3});
  const PrincipalComponents components(rows);
  EXPECT_EQ(components.explained()[0], 0);
  EXPECT_EQ(components.project(std::vector<float>{9, 9, 9})[0], 0);
  EXPECT_EQ(PrincipalComponents(EmbeddingRows{}).explained()[1], 0);
}

}  // namespace
}  // namespace pretag
