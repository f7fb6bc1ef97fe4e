#include "pretag/video/frame_damage.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

using enum FrameState;

TEST(FrameDamage, KnowsNothingAtFirst) {
  const FrameDamage damage;
  EXPECT_EQ(damage.state_of(0), kUnknown);
  EXPECT_FALSE(damage.ran_through(1000));
  EXPECT_EQ(damage.first_damaged(0, 1000), std::nullopt);
}

TEST(FrameDamage, FindsTheFirstOfARange) {
  FrameDamage damage;
  for (int64_t frame = 0; frame < 20; ++frame)
    damage.note(frame, frame == 5 ? kMissing : frame == 9 ? kDamaged : kWhole, true);
  EXPECT_EQ(damage.first_damaged(0, 19), 5);
  EXPECT_EQ(damage.first_damaged(5, 5), 5);
  EXPECT_EQ(damage.first_damaged(6, 9), 9);
  EXPECT_EQ(damage.first_damaged(6, 8), std::nullopt);
  EXPECT_EQ(damage.first_damaged(10, 19), std::nullopt);
}

TEST(FrameDamage, BelievesTheDecoderThatRanThrough) {
  FrameDamage damage;
  damage.note(7, kDamaged, false);
  EXPECT_EQ(damage.state_of(7), kDamaged);
  EXPECT_EQ(damage.state_of(6), kUnknown);
  EXPECT_FALSE(damage.ran_through(7));
  damage.note(7, kWhole, true);
  EXPECT_TRUE(damage.ran_through(7));
  EXPECT_EQ(damage.first_damaged(0, 10), std::nullopt);
  damage.note(7, kDamaged, false);
  EXPECT_EQ(damage.first_damaged(0, 10), std::nullopt);
}

}  // namespace
}  // namespace pretag
