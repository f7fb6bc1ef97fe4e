#include "pretag/report/debug_image.h"

#include <gtest/gtest.h>

#include "pretag/image/decode.h"
#include "support/report_samples.h"
#include "support/test_images.h"

namespace pretag {
namespace {

DebugChoice make_choice(int width, int height) {
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  return {"folder/a.jpg", width, height, {make_detection("car", 0.9f, {0.2f * w, 0.4f * h, 0.8f * w, 0.9f * h})}};
}

TEST(MakeDebugImage, DrawsOnACopyOfBoundedSize) {
  const auto debug_image = make_debug_image(make_choice(3000, 1500), make_picture(3000, 1500), Palette({"car"}));
  ASSERT_TRUE(debug_image) << debug_image.error().message;
  const auto drawn = decode_image(debug_image->drawn_jpeg);
  ASSERT_TRUE(drawn) << drawn.error().message;
  EXPECT_EQ(drawn->width, kDrawnSide);
  EXPECT_EQ(drawn->height, kDrawnSide / 2);
  EXPECT_EQ(debug_image->width, 3000);
  EXPECT_EQ(debug_image->filename, "folder/a.jpg");

  // The left edge of the box: its colour, but for what JPEG does to it.
  const Color blue = Palette({"car"}).color("car");
  const uint8_t* rgb = drawn->row(420) + 256 * 3;
  EXPECT_NEAR(rgb[0], blue.r, 60);
  EXPECT_NEAR(rgb[1], blue.g, 60);
  EXPECT_NEAR(rgb[2], blue.b, 60);
}

TEST(MakeDebugImage, LaysTheSameBoxesOverThePreview) {
  const auto debug_image = make_debug_image(make_choice(3000, 1500), make_picture(3000, 1500), Palette({"car"}));
  ASSERT_TRUE(debug_image);
  const DetectionLayout layout = drawn_layout(*debug_image);
  EXPECT_EQ(layout.width, kDrawnSide);
  EXPECT_EQ(layout.height, kDrawnSide / 2);
  EXPECT_NEAR(layout.detections[0].box.x, 256, 1e-3);
}

TEST(MakeDebugImage, KeepsPreviewsOfNoiseSmallEnoughToEmbed) {
  const auto debug_image = make_debug_image(make_choice(1600, 1200), make_noise(1600, 1200, 1), Palette({"car"}));
  ASSERT_TRUE(debug_image) << debug_image.error().message;
  EXPECT_LE(debug_image->preview_jpeg.size(), kPreviewBytes);
  const auto preview = decode_image(debug_image->preview_jpeg);
  ASSERT_TRUE(preview);
  EXPECT_NEAR(static_cast<double>(preview->width) / preview->height, 4.0 / 3, 0.01);
}

TEST(MakeDebugImage, DrawsSmallPicturesLarger) {
  const auto frame = make_debug_image(make_choice(640, 360), make_picture(640, 360), Palette({"car"}));
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_EQ(decode_image(frame->drawn_jpeg)->width, kDrawnSide);
  EXPECT_EQ(decode_image(frame->preview_jpeg)->width, 640);
  EXPECT_EQ(drawn_layout(*frame).height, 720);
  const auto stamp = make_debug_image(make_choice(60, 40), make_picture(60, 40), Palette({"car"}));
  ASSERT_TRUE(stamp) << stamp.error().message;
  EXPECT_EQ(decode_image(stamp->drawn_jpeg)->width, 240);
}

TEST(MakeDebugImage, WorksOnASinglePixel) {
  EXPECT_TRUE(make_debug_image(make_choice(1, 1), make_picture(1, 1), Palette({"car"})));
}

TEST(MakeDebugImage, RefusesAnEmptyPicture) {
  const auto debug_image = make_debug_image(make_choice(10, 10), Image{}, Palette({}));
  ASSERT_FALSE(debug_image);
  EXPECT_EQ(debug_image.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pretag
