#include "pretag/detect/transform.h"

#include <gtest/gtest.h>

#include "pretag/nn/feature_ops.h"
#include "support/seeded_images.h"

namespace pretag {
namespace {

TEST(NetSize, ShortSideToMinimumUnlessTheLongSideGrowsTooFar) {
  const NetSize landscape = net_size(720, 1280, 800, 1333);  // 800/720 would make 1422: 1333/1280 = 1.0414 counts
  EXPECT_EQ(landscape.height, 749);
  EXPECT_EQ(landscape.width, 1333);
  const NetSize portrait = net_size(640, 480, 800, 1333);  // 800/480
  EXPECT_EQ(portrait.height, 1066);
  EXPECT_EQ(portrait.width, 800);
}

TEST(NetSize, MultipliesWithTheReciprocalAsPyTorchDoes) {
  const NetSize square = net_size(200, 200, 160, 256);
  EXPECT_EQ(square.height, 159);
  EXPECT_EQ(square.width, 159);
}

TEST(NetSize, IsNeverZero) {
  const NetSize strip = net_size(1, 30000, 800, 1333);
  EXPECT_EQ(strip.height, 1);
  EXPECT_LE(strip.width, 1333);
  EXPECT_GE(strip.width, 1332);
}

TEST(Transform, NormalisesAndPadsWithZeros) {
  Arena arena;
  Image image{.width = 40, .height = 33, .rgb = std::vector<uint8_t>(40 * 33 * 3, 255)};
  const auto values = to_nchw(transform(arena, {ElementType::kFloat32, 1}, image, {33, 40}));
  ASSERT_EQ(values.size(), 3u * 64 * 64);
  const float white[3] = {(1 - 0.485f) / 0.229f, (1 - 0.456f) / 0.224f, (1 - 0.406f) / 0.225f};
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const float expected = y < 33 && x < 40 ? white[c] : 0.0f;
        ASSERT_NEAR(values[(c * 64 + y) * 64 + x], expected, 1e-5f) << c << ' ' << y << ' ' << x;
      }
    }
  }
}

// Doubling a row of two grey pixels, 0 and 255: align_corners=False puts sources at -0.25, 0.25, 0.75 and 1.25.
TEST(Transform, InterpolatesBetweenPixelCentres) {
  Arena arena;
  const Image image{.width = 2, .height = 1, .rgb = {0, 0, 0, 255, 255, 255}};
  const auto values = to_nchw(transform(arena, {ElementType::kFloat32, 1}, image, {2, 4}));
  const float expected[4] = {0, 0.25f, 0.75f, 1};
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 4; ++x) EXPECT_NEAR(values[y * 32 + x], (expected[x] - 0.485f) / 0.229f, 1e-5f);
  }
}

TEST(Transform, WritesBFloat16ChannelsLast) {
  Arena arena;
  const Image image{.width = 1, .height = 1, .rgb = {10, 128, 250}};
  const auto plain = to_nchw(transform(arena, {ElementType::kFloat32, 1}, image, {1, 1}));
  const auto last = to_nchw(transform(arena, {ElementType::kBFloat16, 0}, image, {1, 1}));
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(last[i], plain[i], 0.01f);
}

TEST(Transform, WritesFloat32EitherWay) {
  Arena arena;
  const Image image = make_seeded_image(37, 29, 1);
  const Tensor plain = transform(arena, {ElementType::kFloat32, 1}, image, {40, 51});
  const Tensor last = transform(arena, {ElementType::kFloat32, 0}, image, {40, 51});
  EXPECT_EQ(to_nchw(last), to_nchw(plain));
  EXPECT_EQ(last.as<float>()[1], plain.as<float>()[64 * 64]) << "the second channel follows the first";
}

}  // namespace
}  // namespace pretag
