#include "pretag/data/object_crop.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace pretag {
namespace {

std::array<int, 4> rectangle(const Box& box, double padding = 0) {
  const CropRectangle part = crop_rectangle(box, padding, 100, 50);
  return {part.x, part.y, part.width, part.height};
}

TEST(CropName, NamesTheImageTheTaskAndTheObject) {
  EXPECT_EQ(crop_name("sub/a.jpg", "lightly_pretagging", 7), "sub/a-jpg-lightly_pretagging-007.png");
  EXPECT_EQ(crop_name("a.b/c", "t", 1234), "a.b/c--t-1234.png");
  EXPECT_EQ(crop_name("v-099-mp4.png", "a/b", 0), "v-099-mp4-png-a_b-000.png");
}

TEST(CropName, BeginsAsAllOfItsImage) {
  for (const int64_t index : {0, 7, 1234}) {
    EXPECT_EQ(prefix_of_crop_name(crop_name("sub/a-b.jpg", "t-0/1", index)), crop_name_prefix("sub/a-b.jpg", "t-0/1"));
  }
  EXPECT_EQ(prefix_of_crop_name("a.png"), "");
}

TEST(CropName, DiffersWhereTheImagesDifferInTheirExtension) {
  EXPECT_NE(crop_name("a.jpg", "t", 0), crop_name("a.png", "t", 0));
  EXPECT_NE(crop_name("a", "t", 0), crop_name("a.t", "t", 0));
}

TEST(CropRectangle, HoldsEveryPixelThatTheBoxTouches) {
  EXPECT_EQ(rectangle({10, 20, 30, 40}), (std::array{10, 20, 20, 20}));
  EXPECT_EQ(rectangle({10.2f, 20.9f, 29.1f, 39.5f}), (std::array{10, 20, 20, 20}));
}

TEST(CropRectangle, GrowsAroundItsMiddleByThePadding) {
  EXPECT_EQ(rectangle({20, 20, 40, 30}, 0.5), (std::array{15, 17, 30, 16}));
}

TEST(CropRectangle, EndsWithTheImage) {
  EXPECT_EQ(rectangle({-5, -5, 300, 300}), (std::array{0, 0, 100, 50}));
  EXPECT_EQ(rectangle({90, 40, 100, 50}, 4), (std::array{70, 20, 30, 30}));
}

TEST(CropRectangle, IsInTheImageForAnyBox) {
  constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float a : {-kInf, -1e30f, -1.0f, 0.0f, 49.5f, 50.0f, 100.0f, 1e30f, kInf, kNan}) {
    for (const float b : {-kInf, -1e30f, -1.0f, 0.0f, 49.5f, 50.0f, 100.0f, 1e30f, kInf, kNan}) {
      for (const double padding : {0.0, 0.1, 100.0}) {
        const auto [x, y, width, height] = rectangle({a, a, b, b}, padding);
        EXPECT_TRUE(x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= 100 && y + height <= 50)
            << a << ' ' << b << ' ' << padding;
      }
    }
  }
}

}  // namespace
}  // namespace pretag
