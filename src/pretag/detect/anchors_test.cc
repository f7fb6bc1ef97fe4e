#include "pretag/detect/anchors.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

// sqrt(1/2) = 0.7071: 45.25 x 22.63, halves 22.63 and 11.31; sqrt(1): 32 x 32; sqrt(2): 22.63 x 45.25.
TEST(Anchors, HaveRoundedCornersAroundTheOrigin) {
  EXPECT_EQ(base_anchors(32, {0.5f, 1.0f, 2.0f}),
            (std::vector<Box>{{-23, -11, 23, 11}, {-16, -16, 16, 16}, {-11, -23, 11, 23}}));
}

TEST(Anchors, RoundHalvesToEven) {
  EXPECT_EQ(base_anchors(5, {1.0f}), (std::vector<Box>{{-2, -2, 2, 2}}));  // 2.5 to 2
  EXPECT_EQ(base_anchors(7, {1.0f}), (std::vector<Box>{{-4, -4, 4, 4}}));  // 3.5 to 4
}

TEST(Anchors, StandAtTheirCellsTopLeftCorner) {
  const Box base{-16, -16, 16, 16};
  EXPECT_EQ(anchor_at(base, 4, 4, 0, 0), base);
  EXPECT_EQ(anchor_at(base, 4, 8, 3, 2), (Box{0, -4, 32, 28}));
}

TEST(Anchors, LastLevelsStrideIsRoundedDown) {
  EXPECT_EQ(anchor_stride(800, 200), 4);
  EXPECT_EQ(anchor_stride(800, 13), 61);  // not 64
}

}  // namespace
}  // namespace pretag
