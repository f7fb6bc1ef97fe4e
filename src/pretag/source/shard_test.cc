#include "pretag/source/shard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

namespace pretag {
namespace {

// The one of `count` shards that holds the key; 0 if it is not exactly one.
int shard_with(const std::string& key, int count) {
  int found = 0, holders = 0;
  for (int number = 1; number <= count; ++number) {
    if (!Shard{number, count}.holds(key)) continue;
    found = number;
    ++holders;
  }
  return holders == 1 ? found : 0;
}

TEST(Shard, IsOneOfEqualParts) {
  constexpr int kImages = 8000, kShards = 8;
  std::array<int, kShards + 1> images{};
  for (int i = 0; i < kImages; ++i) ++images.at(shard_with(fmt::format("folder/{:06}.jpg", i), kShards));
  EXPECT_EQ(images[0], 0);
  // Binomial: 1000 ± 30; five deviations to either side.
  for (int number = 1; number <= kShards; ++number) EXPECT_NEAR(images.at(number), 1000, 150) << number;
}

// Of a run whose shards are run again by a later version, each must find its own images.
TEST(Shard, HoldsTheSameNamesForEver) {
  EXPECT_EQ(shard_with("0000000095.png", 8), 7);
  EXPECT_EQ(shard_with("sub/é 1.jpg", 8), 6);
  EXPECT_TRUE((Shard{423, 1000}.holds("0000000095.png")));
  EXPECT_TRUE((Shard{870, 1000}.holds("sub/é 1.jpg")));
}

TEST(Shard, KeepsTheFramesOfAVideoTogether) {
  EXPECT_EQ(shard_with("drive.mp4", 8), 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(shard_with(fmt::format("drive-{:03}-mp4.png", i), 8), 1);
}

TEST(Shard, IsEverythingByDefault) {
  EXPECT_TRUE(Shard{}.holds("anything"));
  EXPECT_TRUE(Shard{}.holds(""));
}

TEST(Shard, ReadsItsText) {
  const auto shard = parse_shard("3/8");
  ASSERT_TRUE(shard.ok());
  EXPECT_EQ(*shard, (Shard{3, 8}));
  EXPECT_EQ(shard->text(), "3 of 8");
  EXPECT_TRUE(parse_shard("100000/100000").ok());
}

TEST(Shard, RefusesWhatIsNoPart) {
  for (const char* text : {"", "3", "0/8", "9/8", "-1/8", "3/0", "a/8", "3/b", "3/8/1", "3 / 8", "1/100001", "/8", "3/",
                           "99999999999999/8"}) {
    const auto shard = parse_shard(text);
    ASSERT_FALSE(shard.ok()) << text;
    EXPECT_EQ(shard.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(shard.error().message.find("3/8"), std::string::npos) << shard.error().message;
  }
}

}  // namespace
}  // namespace pretag
