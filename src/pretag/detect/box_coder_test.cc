#include "pretag/detect/box_coder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pretag {
namespace {

TEST(BoxCoder, ZeroDeltasGiveTheReference) {
  const float none[4] = {};
  EXPECT_EQ(BoxCoder{}.decode({10, 20, 30, 60}, none), (Box{10, 20, 30, 60}));
}

// Width 20 and height 40 around (20, 40): centre moves by 0.5 * 20 and -0.25 * 40, sizes double and halve.
TEST(BoxCoder, MovesTheCentreAndScalesTheSides) {
  const float deltas[4] = {0.5f, -0.25f, std::log(2.0f), std::log(0.5f)};
  const Box box = BoxCoder{}.decode({10, 20, 30, 60}, deltas);
  EXPECT_NEAR(box.x1, 10, 1e-4);
  EXPECT_NEAR(box.y1, 20, 1e-4);
  EXPECT_NEAR(box.x2, 50, 1e-4);
  EXPECT_NEAR(box.y2, 40, 1e-4);
}

TEST(BoxCoder, DividesByItsWeights) {
  const float deltas[4] = {5, -2.5f, 5 * std::log(2.0f), 5 * std::log(0.5f)};
  const Box box = BoxCoder{.weights = {10, 10, 5, 5}}.decode({10, 20, 30, 60}, deltas);
  EXPECT_NEAR(box.x1, 10, 1e-4);
  EXPECT_NEAR(box.y2, 40, 1e-4);
}

TEST(BoxCoder, AWildSizeIsCappedAt62Point5Times) {
  const float deltas[4] = {0, 0, 100, 0};
  EXPECT_NEAR(BoxCoder{}.decode({0, 0, 10, 10}, deltas).width(), 625, 1e-2);
}

TEST(Clip, KeepsTheInsidePart) {
  EXPECT_EQ(clip({-5, 10, 200, 90}, 80, 100), (Box{0, 10, 100, 80}));
  EXPECT_EQ(clip({150, -20, 160, -10}, 80, 100), (Box{100, 0, 100, 0}));
}

TEST(ClipToVisible, KeepsTheInsidePartOfWhatCanBeSeen) {
  EXPECT_EQ(clip_to_visible({5, 10, 30, 40}, 80, 100), (Box{5, 10, 30, 40}));
  EXPECT_EQ(clip_to_visible({-5, 10, 200, 90}, 80, 100), (Box{0, 10, 100, 80}));
}

TEST(ClipToVisible, WidensTheRestToTheNearestPixel) {
  EXPECT_EQ(clip_to_visible({50, 20, 50, 20.5f}, 80, 100), (Box{49.5f, 19.75f, 50.5f, 20.75f}));
  EXPECT_EQ(clip_to_visible({150, -20, 160, -10}, 80, 100), (Box{99, 0, 100, 1}));
  EXPECT_EQ(clip_to_visible({60, 10, 40, 30}, 80, 100), (Box{49.5f, 10, 50.5f, 30}));  // x2 < x1
  EXPECT_EQ(clip_to_visible({-3, -3, 9, 9}, 1, 1), (Box{0, 0, 1, 1}));
}

TEST(ClipToVisible, TakesAnyNumbers) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kLargest = std::numeric_limits<float>::max();
  EXPECT_EQ(clip_to_visible({-kInfinity, -kLargest, kInfinity, kLargest}, 80, 100), (Box{0, 0, 100, 80}));
  EXPECT_EQ(clip_to_visible({kInfinity, kLargest, -kInfinity, -kLargest}, 80, 100), (Box{49.5f, 39.5f, 50.5f, 40.5f}));
  EXPECT_EQ(clip_to_visible({kInfinity, kInfinity, kInfinity, kInfinity}, 80, 100), (Box{99, 79, 100, 80}));
  EXPECT_EQ(clip_to_visible({kNan, kNan, kNan, 40}, 80, 100), (Box{0, 0, 1, 40}));
}

}  // namespace
}  // namespace pretag
