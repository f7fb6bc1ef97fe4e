#include "pretag/server/bitmask.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(Bitmask, bit_zero_is_the_lowest_of_the_last_digit) {
  const auto mask = Bitmask::parse("0x12");
  ASSERT_TRUE(mask);
  EXPECT_FALSE(mask->contains(0));
  EXPECT_TRUE(mask->contains(1));
  EXPECT_TRUE(mask->contains(4));
  EXPECT_FALSE(mask->contains(1'000'000));
  EXPECT_EQ(mask->count(), 2u);
  EXPECT_EQ(mask->size(), 5u);
}

TEST(Bitmask, text_is_lower_case_without_leading_zeros) {
  EXPECT_EQ(Bitmask::parse("0x00AbC")->text(), "0xabc");
  EXPECT_EQ(Bitmask::parse("0x000")->text(), "0x0");
  EXPECT_EQ(Bitmask().text(), "0x0");
  EXPECT_EQ(Bitmask::first(5).text(), "0x1f");
  EXPECT_EQ(Bitmask::first(8).text(), "0xff");
  EXPECT_EQ(Bitmask::first(0).text(), "0x0");
}

TEST(Bitmask, combines_masks_of_different_lengths) {
  const Bitmask a = *Bitmask::parse("0xf0f"), b = *Bitmask::parse("0x3c");
  EXPECT_EQ((a | b).text(), "0xf3f");
  EXPECT_EQ((a & b).text(), "0xc");
  EXPECT_EQ((a - b).text(), "0xf03");
  EXPECT_EQ((b - a).text(), "0x30");
  EXPECT_EQ((a - a), Bitmask());
}

TEST(Bitmask, finds_samples_by_their_place) {
  const Bitmask mask = *Bitmask::parse("0x90000005");  // 0, 2, 28, 31
  EXPECT_EQ(mask.nth(0), 0u);
  EXPECT_EQ(mask.nth(1), 2u);
  EXPECT_EQ(mask.nth(2), 28u);
  EXPECT_EQ(mask.nth(3), 31u);
  EXPECT_EQ(mask.nth(4), mask.size()) << "there are four";
  EXPECT_EQ(Bitmask().nth(0), 0u);
  EXPECT_EQ(mask.next(0), 0u);
  EXPECT_EQ(mask.next(1), 2u);
  EXPECT_EQ(mask.next(3), 28u);
  EXPECT_EQ(mask.next(29), 31u);
  EXPECT_GE(mask.next(32), mask.size());
}

TEST(Bitmask, refuses_other_text) {
  for (const char* text : {"", "0x", "12", "0xg", "0X1", "-0x1", "0x1 "}) EXPECT_FALSE(Bitmask::parse(text)) << text;
}

}  // namespace
}  // namespace pretag
