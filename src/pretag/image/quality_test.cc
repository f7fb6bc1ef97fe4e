#include "pretag/image/quality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/test_images.h"

namespace pretag {
namespace {

Image flat(int width, int height, uint8_t red, uint8_t green, uint8_t blue) {
  Image image = make_picture(width, height);
  for (size_t i = 0; i < image.rgb.size(); i += 3)
    image.rgb[i] = red, image.rgb[i + 1] = green, image.rgb[i + 2] = blue;
  return image;
}

// Averages every pixel with its neighbours.
Image blurred(const Image& image) {
  Image result = image;
  for (int y = 1; y + 1 < image.height; ++y) {
    for (int i = 3; i < (image.width - 1) * 3; ++i) {
      int sum = 0;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -3; dx <= 3; dx += 3) sum += image.row(y + dy)[i + dx];
      }
      result.row(y)[i] = static_cast<uint8_t>(sum / 9);
    }
  }
  return result;
}

TEST(MeasureQuality, GivesTheLightnessOfKnownColours) {
  // L* of sRGB colours, as published in tables of CIE values.
  EXPECT_NEAR(measure_quality(flat(20, 10, 255, 255, 255)).luminance, 100, 0.01);
  EXPECT_NEAR(measure_quality(flat(20, 10, 0, 0, 0)).luminance, 0, 0.01);
  EXPECT_NEAR(measure_quality(flat(20, 10, 119, 119, 119)).luminance, 50.03, 0.05);
  EXPECT_NEAR(measure_quality(flat(20, 10, 255, 0, 0)).luminance, 53.24, 0.05);
  EXPECT_NEAR(measure_quality(flat(20, 10, 0, 255, 0)).luminance, 87.74, 0.05);
  EXPECT_NEAR(measure_quality(flat(20, 10, 0, 0, 255)).luminance, 32.30, 0.05);
}

TEST(MeasureQuality, GivesLightnessOfLargeImagesFromAGrid) {
  Image image = flat(2000, 1000, 0, 0, 0);
  std::fill(image.rgb.begin() + long(image.rgb.size() / 2), image.rgb.end(), uint8_t{255});
  EXPECT_NEAR(measure_quality(image).luminance, 50, 0.5);
}

TEST(MeasureQuality, ComputesSharpnessAndSnrAsDefined) {
  // One white pixel on black, 5 x 5: the Laplacian inside the border is -4 * 255 there, 255 at its four neighbours.
  Image image = flat(5, 5, 0, 0, 0);
  for (int c = 0; c < 3; ++c) image.row(2)[2 * 3 + c] = 255;
  const ImageQuality quality = measure_quality(image);
  const double squares = (16 + 4) * 255.0 * 255.0 / 9;  // the mean is 0 over 3 x 3
  EXPECT_NEAR(quality.sharpness, std::sqrt(squares), 1e-3);
  const double mean = 255.0 / 25, deviation = std::sqrt(255.0 * 255.0 / 25 - mean * mean);
  EXPECT_NEAR(quality.snr, mean / deviation, 1e-5);
  EXPECT_FLOAT_EQ(quality.uniform_row_ratio, 0.8f);
}

TEST(MeasureQuality, FindsABlurredCopyLessSharp) {
  const Image noise = make_noise(200, 100, 1);
  EXPECT_LT(measure_quality(blurred(noise)).sharpness, measure_quality(noise).sharpness / 3);
}

TEST(MeasureQuality, CountsUniformRows) {
  Image half = make_noise(64, 40, 2);
  std::fill(half.rgb.begin() + long(half.rgb.size() / 2), half.rgb.end(), uint8_t{128});
  EXPECT_FLOAT_EQ(measure_quality(half).uniform_row_ratio, 0.5f);
  EXPECT_FLOAT_EQ(measure_quality(flat(30, 20, 9, 8, 7)).uniform_row_ratio, 1);
}

TEST(MeasureQuality, IsFiniteForTheSmallestImages) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {2, 2}}) {
    const ImageQuality quality = measure_quality(flat(width, height, 10, 20, 30));
    EXPECT_EQ(quality.sharpness, 0);
    EXPECT_EQ(quality.snr, 0);
    EXPECT_EQ(quality.uniform_row_ratio, 1);
    EXPECT_TRUE(std::isfinite(quality.luminance));
  }
  EXPECT_EQ(measure_quality({}).luminance, 0);
}

TEST(MeasureQuality, DoesNotOverflowOnLongRowsOfTheLargestValues) {
  Image stripes = flat(20'000, 4, 255, 255, 255);
  for (int y = 0; y < 4; ++y) {
    for (int x = y % 2; x < stripes.width; x += 2) {
      for (int c = 0; c < 3; ++c) stripes.row(y)[3 * x + c] = 0;  // a chequerboard: the Laplacian is ±1020
    }
  }
  EXPECT_NEAR(measure_quality(stripes).sharpness, 1020, 0.01);
}

}  // namespace
}  // namespace pretag
