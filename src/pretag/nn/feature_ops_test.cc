#include "pretag/nn/feature_ops.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "pretag/nn/bfloat16.h"

namespace pretag {
namespace {

// Values that bf16 holds exactly.
std::vector<float> pattern(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 37 % 101) - 50;
  return values;
}

class FeatureOps : public testing::TestWithParam<ComputeFormat> {
 protected:
  Arena arena_;
};

TEST_P(FeatureOps, LayoutRoundTrips) {
  const auto values = pattern(20 * 3 * 5);
  EXPECT_EQ(to_nchw(from_nchw(arena_, GetParam(), 20, 3, 5, values.data())), values);
}

TEST_P(FeatureOps, MaxPoolTakesTheLargestOfNine) {
  for (const auto& [height, width] : {std::pair{6, 8}, {7, 5}, {1, 1}, {2, 3}}) {
    const int channels = 32;
    const auto values = pattern(static_cast<size_t>(channels) * height * width);
    const Tensor pooled =
        max_pool_3x3_stride_2(arena_, from_nchw(arena_, GetParam(), channels, height, width, values.data()));
    ASSERT_EQ(pooled.height(), (height + 1) / 2);
    ASSERT_EQ(pooled.width(), (width + 1) / 2);
    const auto found = to_nchw(pooled);
    size_t index = 0;
    for (int c = 0; c < channels; ++c) {
      for (int y = 0; y < pooled.height(); ++y) {
        for (int x = 0; x < pooled.width(); ++x, ++index) {
          float best = -std::numeric_limits<float>::infinity();
          for (int sy = std::max(0, 2 * y - 1); sy <= std::min(height - 1, 2 * y + 1); ++sy) {
            for (int sx = std::max(0, 2 * x - 1); sx <= std::min(width - 1, 2 * x + 1); ++sx) {
              best = std::max(best, values[(static_cast<size_t>(c) * height + sy) * width + sx]);
            }
          }
          ASSERT_EQ(found[index], best) << c << ' ' << y << ' ' << x;
        }
      }
    }
  }
}

TEST_P(FeatureOps, SubsampleTakesEverySecondCell) {
  std::vector<float> values(16 * 3 * 5);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 15);
  const auto found = to_nchw(subsample_2(arena_, from_nchw(arena_, GetParam(), 16, 3, 5, values.data())));
  EXPECT_EQ(std::vector<float>(found.begin(), found.begin() + 6), (std::vector<float>{0, 2, 4, 10, 12, 14}));
}

// torch.nn.functional.interpolate(torch.arange(3.), size=5) is 0 0 1 1 2; to size 7 it is 0 0 0 1 1 2 2.
TEST_P(FeatureOps, UpsampleChoosesPyTorchsSourceCells) {
  std::vector<float> values(16 * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 3);
  const Tensor in = from_nchw(arena_, GetParam(), 16, 1, 3, values.data());
  const auto five = to_nchw(upsample_nearest(arena_, in, 1, 5)), seven = to_nchw(upsample_nearest(arena_, in, 2, 7));
  EXPECT_EQ(std::vector<float>(five.begin(), five.begin() + 5), (std::vector<float>{0, 0, 1, 1, 2}));
  EXPECT_EQ(std::vector<float>(seven.begin(), seven.begin() + 7), (std::vector<float>{0, 0, 0, 1, 1, 2, 2}));
}

TEST_P(FeatureOps, AveragePoolLeavesThePaddingOut) {
  std::vector<float> values(16 * 2 * 3, 100.0f);
  for (int c = 0; c < 16; ++c) values[c * 6] = static_cast<float>(c), values[c * 6 + 1] = static_cast<float>(c + 2);
  const auto mean = average_pool(from_nchw(arena_, GetParam(), 16, 2, 3, values.data()), 1, 2);
  for (int c = 0; c < 16; ++c) EXPECT_EQ(mean[c], static_cast<float>(c + 1));
}

INSTANTIATE_TEST_SUITE_P(Formats, FeatureOps,
                         testing::Values(ComputeFormat{ElementType::kFloat32, 16},
                                         ComputeFormat{ElementType::kFloat32, 8},
                                         ComputeFormat{ElementType::kFloat32, 0},
                                         ComputeFormat{ElementType::kBFloat16, 0}));

TEST(BFloat16, RoundsToNearestEven) {
  EXPECT_EQ(to_float(to_bfloat16(1.0f)), 1.0f);
  EXPECT_EQ(to_float(to_bfloat16(1.00390625f)), 1.0f);       // halfway: to the even one
  EXPECT_EQ(to_float(to_bfloat16(1.01171875f)), 1.015625f);  // halfway: to the even one above
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Arena, ReusesReleasedMemoryAndRemembersItsPeak) {
  Arena arena(1 << 20);
  void* first = arena.allocate(1000);
  void* second = arena.allocate(1000);
  arena.release(first);
  EXPECT_EQ(arena.allocate(500), first);
  EXPECT_NE(arena.allocate(1000), second);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 64, 0u);
  EXPECT_EQ(arena.peak(), 3u * 1024);
  EXPECT_THROW(arena.allocate(2 << 20), std::bad_alloc);
}

TEST(Arena, LimitedAddressSpaceIsSharedOut) {
  constexpr size_t kGiB = size_t{1} << 30;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const auto share_of = [&](size_t limit, int arenas) {
    rlimit tight = before;
    tight.rlim_cur = limit;
    EXPECT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
    const size_t share = arena_share(arenas);
    EXPECT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    return share;
  };
  EXPECT_EQ(share_of(64 * kGiB, 16), 2 * kGiB);
  EXPECT_EQ(share_of(64 * kGiB, 1), 16 * kGiB);
  EXPECT_EQ(share_of(2 * kGiB, 64), kGiB / 64);  // too little, perhaps, but something is left for all else
}

}  // namespace
}  // namespace pretag
