#include "pretag/image/encode.h"

#include <gtest/gtest.h>

#include <set>

#include "pretag/image/content_hash.h"
#include "pretag/image/decode.h"
#include "pretag/image/resize.h"
#include "support/test_images.h"

namespace pretag {
namespace {

TEST(Encode, PngComesBackExactly) {
  const Image picture = make_picture(77, 53);
  const auto bytes = encode_png(picture);
  ASSERT_TRUE(bytes.ok());
  const auto decoded = decode_image(*bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(difference(*decoded, picture)->largest, 0);
}

TEST(Encode, DrawingsAsPngComeBackExactlyAndSmaller) {
  Image drawing = make_picture(300, 200);
  for (size_t i = 0; i < drawing.rgb.size(); ++i) drawing.rgb[i] = i / 3 % 300 / 40 % 2 == 0 ? 255 : 40;
  const auto bytes = encode_png(drawing, PngContent::kDrawing);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(difference(*decode_image(*bytes), drawing)->largest, 0);
  EXPECT_LT(bytes->size(), encode_png(drawing, PngContent::kPhotograph)->size());
}

TEST(Encode, JpegComesBackAlikeAndSmallerWithLessQuality) {
  const Image picture = make_picture(200, 100);
  const auto fine = encode_jpeg(picture, 95), coarse = encode_jpeg(picture, 30);
  ASSERT_TRUE(fine.ok() && coarse.ok());
  EXPECT_LT(difference(*decode_image(*fine), picture)->mean, 3);
  EXPECT_LT(coarse->size(), fine->size());
}

TEST(Encode, WhatTakesManyBytesComesBackWhole) {
  const Image picture = make_picture(1200, 900);
  const auto jpeg = encode_jpeg(picture, 100), png = encode_png(picture);
  ASSERT_TRUE(jpeg.ok() && png.ok());
  ASSERT_GT(jpeg->size(), size_t{1} << 16) << "what the encoder begins with";
  EXPECT_LT(difference(*decode_image(*jpeg), picture)->mean, 3);
  EXPECT_EQ(difference(*decode_image(*png), picture)->largest, 0);
}

TEST(Encode, RefusesWhatCannotBeEncoded) {
  EXPECT_EQ(encode_jpeg(make_picture(2, 2), 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(encode_jpeg(make_picture(2, 2), 101).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(encode_png({}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(encode_jpeg(make_picture(70'000, 1), 90).error().code, ErrorCode::kInvalidArgument);
}

TEST(ResizeToFit, ReducesTheLongerSideAndKeepsTheProportion) {
  const Image wide = resize_to_fit(make_picture(400, 100), 200);
  EXPECT_EQ(std::pair(wide.width, wide.height), std::pair(200, 50));
  const Image high = resize_to_fit(make_picture(100, 400), 200);
  EXPECT_EQ(std::pair(high.width, high.height), std::pair(50, 200));
  const Image line = resize_to_fit(make_picture(4000, 1), 10);
  EXPECT_EQ(std::pair(line.width, line.height), std::pair(10, 1));
  EXPECT_EQ(line.rgb.size(), 30u);
}

TEST(ResizeToFit, AveragesAreas) {
  Image image = make_picture(4, 2);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i % 12 < 6 ? 10 : 200);
  image.rgb[0] = 50;  // a quarter of the first block
  const Image small = resize_to_fit(image, 2);
  EXPECT_EQ(small.rgb, (std::vector<uint8_t>{20, 10, 10, 200, 200, 200}));
}

TEST(ResizeToFit, LeavesSmallImagesAlone) {
  const Image picture = make_picture(40, 30);
  EXPECT_EQ(resize_to_fit(picture, 40).rgb, picture.rgb);
  EXPECT_EQ(resize_to_fit(picture, 4000).width, 40);
}

TEST(ContentHash, TellsPixelsAndShapesApart) {
  const Image picture = make_picture(60, 40);
  Image other = picture, reshaped = picture;
  other.rgb.back() ^= 1;
  std::swap(reshaped.width, reshaped.height);
  const std::set<std::string> hashes{content_hash(picture), content_hash(other), content_hash(reshaped)};
  EXPECT_EQ(hashes.size(), 3u);
  EXPECT_EQ(content_hash(picture), content_hash(make_picture(60, 40)));
}

TEST(ContentHash, IsTheSameWhateverTheFormatOfTheFile) {
  const Image picture = make_picture(60, 40);
  EXPECT_EQ(content_hash(*decode_image(make_png(picture))), content_hash(*decode_image(make_tiff(picture))));
}

TEST(ContentHash, StaysTheSameBetweenVersionsAndMachines) {
  const Image dot{.width = 1, .height = 1, .rgb = {1, 2, 3}};
  EXPECT_EQ(content_hash(dot), "fb70b51b253d0bd238474621d2ffa634");
}

}  // namespace
}  // namespace pretag
