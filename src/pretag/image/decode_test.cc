#include "pretag/image/decode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "pretag/image/resize.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using Inks = JpegKind::Inks;
using PngColours = PngKind::Colours;
using TiffColours = TiffKind::Colours;

// Odd sizes, so that padding to blocks, bytes and tiles is at work.
const Image& picture() {
  static const Image image = make_picture(77, 53);
  return image;
}

// The picture as a grey image of its red channel.
Image red_channel(const Image& image) {
  Image grey = image;
  for (size_t i = 0; i < grey.rgb.size(); ++i) grey.rgb[i] = image.rgb[i / 3 * 3];
  return grey;
}

// What was decoded, or an image without pixels and a test failure.
Image decoded(const Bytes& bytes) {
  auto image = decode_image(bytes);
  if (image) return *std::move(image);
  ADD_FAILURE() << image.error().message;
  return {};
}

void expect_same(const Bytes& bytes, const Image& expected) {
  const auto found = difference(decoded(bytes), expected);
  ASSERT_TRUE(found.has_value()) << "the size is wrong";
  EXPECT_EQ(found->largest, 0);
}

void expect_close(const Bytes& bytes, const Image& expected, double mean) {
  const auto found = difference(decoded(bytes), expected);
  ASSERT_TRUE(found.has_value()) << "the size is wrong";
  EXPECT_LT(found->mean, mean);
}

void expect_error(const Bytes& bytes, ErrorCode code, const std::string& words) {
  const auto image = decode_image(bytes);
  ASSERT_FALSE(image.ok()) << "decoded to " << image->width << " x " << image->height;
  EXPECT_EQ(image.error().code, code) << image.error().message;
  EXPECT_NE(image.error().message.find(words), std::string::npos) << image.error().message;
  EXPECT_EQ(image.error().message.find('\n'), std::string::npos) << image.error().message;
}

// One file of every kind that is read.
std::map<std::string, Bytes> every_kind(const Image& image) {
  return {
      {"jpeg", make_jpeg(image)},
      {"progressive jpeg", make_jpeg(image, {.progressive = true})},
      {"jpeg 4:4:4", make_jpeg(image, {.subsampled = false})},
      {"jpeg with restarts", make_jpeg(image, {.restart_interval = 2})},
      {"grey jpeg", make_jpeg(image, {.grey = true})},
      {"cmyk jpeg", make_jpeg(image, {.inks = Inks::kAdobeCmyk})},
      {"png", make_png(image)},
      {"16 bit png", make_png(image, {.bit_depth = 16})},
      {"interlaced png", make_png(image, {.interlaced = true})},
      {"palette png", make_png(image, {.colours = PngColours::kPalette})},
      {"lossy webp", make_webp(image, false)},
      {"lossless webp", make_webp(image, true)},
      {"animated webp", make_animated_webp({image, image})},
      {"bmp", make_bmp(image, 24)},
      {"palette bmp", make_bmp(image, 8)},
      {"tiff", make_tiff(image)},
      {"lzw tiff", make_tiff(image, {.compression = 5})},
      {"deflate tiff", make_tiff(image, {.compression = 8})},
      {"jpeg tiff", make_tiff(image, {.colours = TiffColours::kGrey, .compression = 7, .tiled = true})},
      {"packbits tiff", make_tiff(image, {.compression = 32773})},
      {"tiled tiff", make_tiff(image, {.tiled = true})},
      {"16 bit tiff", make_tiff(image, {.bit_depth = 16})},
  };
}

TEST(DecodeImage, ReadsJpegsOfEveryLayout) {
  expect_close(make_jpeg(picture()), picture(), 6);
  expect_close(make_jpeg(picture(), {.subsampled = false}), picture(), 2);
  expect_close(make_jpeg(picture(), {.progressive = true, .subsampled = false}), picture(), 2);
  expect_close(make_jpeg(picture(), {.subsampled = false, .restart_interval = 3}), picture(), 2);
  expect_close(make_jpeg(picture(), {.grey = true}), red_channel(picture()), 2);
}

TEST(DecodeImage, TurnsCmykJpegsIntoTheirColours) {
  for (const Inks inks : {Inks::kCmyk, Inks::kAdobeCmyk, Inks::kAdobeYcck}) {
    expect_close(make_jpeg(picture(), {.subsampled = false, .inks = inks}), picture(), 4);
  }
}

TEST(DecodeImage, ReadsPngsOfEveryKindExactly) {
  expect_same(make_png(picture()), picture());
  expect_same(make_png(picture(), {.interlaced = true}), picture());
  expect_same(make_png(picture(), {.bit_depth = 16}), picture());
  expect_same(make_png(picture(), {.colours = PngColours::kRgba}), picture());
  expect_same(make_png(picture(), {.colours = PngColours::kRgba, .bit_depth = 16}), picture());
  const Image grey = red_channel(picture());
  expect_same(make_png(picture(), {.colours = PngColours::kGrey}), grey);
  expect_same(make_png(picture(), {.colours = PngColours::kGrey, .bit_depth = 16}), grey);
  expect_same(make_png(picture(), {.colours = PngColours::kGreyAlpha}), grey);
}

TEST(DecodeImage, ExpandsFewBitsAndPalettes) {
  Image one_bit = red_channel(picture()), palette = picture();
  for (uint8_t& value : one_bit.rgb) value = value >= 128 ? 255 : 0;
  for (size_t i = 0; i < palette.rgb.size(); i += 3) {
    palette.rgb[i + 1] = static_cast<uint8_t>(255 - palette.rgb[i]);
    palette.rgb[i + 2] = 7;
  }
  expect_same(make_png(picture(), {.colours = PngColours::kGrey, .bit_depth = 1}), one_bit);
  expect_same(make_png(picture(), {.colours = PngColours::kPalette}), palette);
  expect_close(make_png(picture(), {.colours = PngColours::kGrey, .bit_depth = 4}), red_channel(picture()), 8);
}

TEST(DecodeImage, ReadsWebp) {
  expect_same(make_webp(picture(), true), picture());
  expect_close(make_webp(picture(), false), picture(), 6);
}

TEST(DecodeImage, ReadsBmpsOfEveryDepth) {
  const Image grey = red_channel(picture());
  Image one_bit = grey;
  for (uint8_t& value : one_bit.rgb) value = value >= 128 ? 255 : 0;
  for (const bool top_down : {false, true}) {
    expect_same(make_bmp(picture(), 24, top_down), picture());
    expect_same(make_bmp(picture(), 32, top_down), picture());
    expect_same(make_bmp(picture(), 8, top_down), grey);
    expect_same(make_bmp(picture(), 1, top_down), one_bit);
    expect_close(make_bmp(picture(), 4, top_down), grey, 8);
    expect_close(make_bmp(picture(), 16, top_down), picture(), 4);
  }
}

// A TIFF whose directory claims so many pixels, whatever is stored of them.
Bytes claiming(Bytes tiff, uint16_t width, uint16_t height) {
  const auto number = [&](size_t at, size_t bytes) {
    size_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value |= std::to_integer<size_t>(tiff[at + i]) << (8 * i);
    return value;
  };
  const size_t directory = number(4, 4);
  for (size_t entry = directory + 2; entry < directory + 2 + 12 * number(directory, 2); entry += 12) {
    const size_t tag = number(entry, 2);
    constexpr size_t kWidth = 256, kHeight = 257, kRowsOfAStrip = 278;
    if (tag != kWidth && tag != kHeight && tag != kRowsOfAStrip) continue;
    const uint16_t value = tag == kWidth ? width : height;
    tiff[entry + 8] = std::byte(value & 255), tiff[entry + 9] = std::byte(value >> 8);
  }
  return tiff;
}

TEST(DecodeImage, SetsNoMemoryAsideForPixelsThatCannotBeThere) {
  for (const uint16_t compression : {uint16_t{1}, uint16_t{5}, uint16_t{8}, uint16_t{32773}}) {
    const Bytes whole = make_tiff(picture(), {.compression = compression});
    const auto bomb = decode_image(claiming(whole, 30'000, 30'000), {.max_pixels = int64_t{1} << 40});
    ASSERT_FALSE(bomb.ok()) << compression;
    EXPECT_EQ(bomb.error().code, ErrorCode::kCorrupt) << compression << ": " << bomb.error().message;
  }
}

TEST(DecodeImage, ReadsTiffsOfEveryKind) {
  for (const bool big_endian : {false, true}) {
    for (const bool tiled : {false, true}) {
      const TiffKind base{.tiled = tiled, .big_endian = big_endian};
      const auto expect_reads = [&](TiffColours colours, int bit_depth, const Image& expected) {
        SCOPED_TRACE("colours " + std::to_string(int(colours)) + ", bits " + std::to_string(bit_depth) +
                     (tiled ? ", tiled" : "") + (big_endian ? ", big-endian" : ""));
        TiffKind kind = base;
        kind.colours = colours, kind.bit_depth = bit_depth;
        expect_same(make_tiff(picture(), kind), expected);
      };
      expect_reads(TiffColours::kRgb, 8, picture());
      expect_reads(TiffColours::kRgb, 16, picture());
      expect_reads(TiffColours::kRgba, 8, picture());
      expect_reads(TiffColours::kCmyk, 8, picture());
      expect_reads(TiffColours::kGrey, 8, red_channel(picture()));
      expect_reads(TiffColours::kGrey, 16, red_channel(picture()));
      expect_reads(TiffColours::kWhiteIsZero, 8, red_channel(picture()));
    }
  }
  for (const uint16_t compression : std::initializer_list<uint16_t>{5, 8, 32773})
    expect_same(make_tiff(picture(), {.compression = compression}), picture());
  expect_same(make_tiff(picture(), {.big_tiff = true}), picture());
  Image palette = red_channel(picture());
  for (size_t i = 1; i < palette.rgb.size(); i += 3) palette.rgb[i] = static_cast<uint8_t>(255 - palette.rgb[i]);
  expect_same(make_tiff(picture(), {.colours = TiffColours::kPalette}), palette);
}

// libtiff warns of either.
TEST(DecodeImage, ReadsTiffsOfJpegsWhole) {
  const Image image = make_picture(77, 53);
  expect_close(make_tiff_of_jpegs(image, false), red_channel(image), 2);
  expect_close(make_tiff_of_jpegs(image, true), red_channel(image), 2);
}

TEST(DecodeImage, RefusesFloatingPointTiffs) {
  expect_error(make_tiff(picture(), {.colours = TiffColours::kGrey, .bit_depth = 32}), ErrorCode::kUnsupported, "TIFF");
}

TEST(DecodeImage, ReadsTheFirstFrameOfAnimations) {
  const Image other = make_noise(77, 53, 1);
  expect_same(make_animated_webp({picture(), other}), picture());
  // An animated PNG is a PNG with chunks that describe further frames.
  const Bytes apng = with_png_chunk(make_png(picture()), "acTL", to_bytes(std::string_view("\0\0\0\2\0\0\0\0", 8)));
  expect_same(apng, picture());
}

TEST(DecodeImage, AppliesEveryOrientationOnceInEveryFormatThatHasIt) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Image expected = oriented_reference(picture(), orientation);
    for (const bool big_endian : {false, true}) {
      const Bytes exif = make_exif_block(orientation, big_endian);
      expect_close(with_jpeg_exif(make_jpeg(picture(), {.subsampled = false}), exif), expected, 2);
      expect_same(with_png_chunk(make_png(picture()), "eXIf", exif), expected);
      expect_same(with_webp_exif(make_webp(picture(), true), picture(), exif), expected);
      expect_same(make_tiff(picture(), {.orientation = orientation, .big_endian = big_endian}), expected);
    }
  }
}

TEST(DecodeImage, ReadsJpegsForSmallCopiesSmaller) {
  const Image image = make_picture(301, 160);
  const auto side_for = [&](const Bytes& bytes, int needed) {
    const auto small = decode_image(bytes, {.longer_side_needed = needed});
    return small ? std::max(small->width, small->height) : 0;
  };
  for (const auto& [kind, bytes] : every_kind(image)) {
    SCOPED_TRACE(kind);
    const bool smaller = kind.find("jpeg") != std::string::npos && !kind.ends_with("tiff");
    for (const auto& [needed, side] : {std::pair(1, 38), {38, 38}, {39, 76}, {77, 151}, {152, 301}, {400, 301}}) {
      EXPECT_EQ(side_for(bytes, needed), smaller ? side : 301) << needed;
    }
  }
  const auto turned =
      decode_image(with_jpeg_exif(make_jpeg(image), make_exif_block(6, true)), {.longer_side_needed = 100});
  ASSERT_TRUE(turned.ok());
  const auto found = difference(*turned, oriented_reference(resize(image, 151, 80), 6));
  ASSERT_TRUE(found.has_value()) << turned->width << " x " << turned->height;
  EXPECT_LT(found->mean, 3);
}

TEST(DecodeImage, RefusesTruncatedJpegsAlsoForSmallCopies) {
  for (const bool progressive : {false, true}) {
    const Bytes bytes = make_jpeg(make_noise(120, 90, 7), {.progressive = progressive});
    for (const double share : {0.1, 0.5, 0.98}) {
      EXPECT_FALSE(decode_image(truncated(bytes, share), {.longer_side_needed = 10}).ok()) << share;
    }
  }
}

TEST(DecodeImage, ReadsImagesOfOnePixel) {
  const Image dot = make_picture(1, 1);
  for (const auto& [kind, bytes] : every_kind(dot)) {
    SCOPED_TRACE(kind);
    const Image image = decoded(bytes);
    EXPECT_EQ(std::pair(image.width, image.height), std::pair(1, 1));
    EXPECT_EQ(image.rgb.size(), 3u);
  }
}

TEST(DecodeImage, RefusesEveryFormatTruncatedAnywhere) {
  for (const Image& image : {picture(), make_noise(120, 90, 7)}) {
    for (const auto& [kind, bytes] : every_kind(image)) {
      for (const double share : {0.1, 0.3, 0.5, 0.7, 0.9, 0.98}) {
        SCOPED_TRACE(kind + " at " + std::to_string(share));
        const auto cut = decode_image(truncated(bytes, share));
        ASSERT_FALSE(cut.ok());
        EXPECT_EQ(cut.error().code, ErrorCode::kCorrupt) << cut.error().message;
      }
    }
  }
}

TEST(DecodeImage, RefusesTheLossOfASingleLastByte) {
  for (const auto& [kind, bytes] : every_kind(make_noise(40, 30, 3))) {
    SCOPED_TRACE(kind);
    // A TIFF may keep its directory or unused padding at the end; the others end with what they need.
    if (kind.ends_with("tiff")) continue;
    EXPECT_FALSE(decode_image({bytes.data(), bytes.size() - 1}).ok());
  }
}

TEST(DecodeImage, ReadsFilesWithSomethingBehindTheirEnd) {
  for (auto [kind, bytes] : every_kind(picture())) {
    SCOPED_TRACE(kind);
    const Image whole = decoded(bytes);
    const Bytes rubbish = to_bytes("trailing rubbish \xFF\xD8\xFF\xC0 that some tools append");
    bytes.insert(bytes.end(), rubbish.begin(), rubbish.end());
    expect_same(bytes, whole);
  }
}

TEST(DecodeImage, NoticesFlippedBitsWhereTheFormatHasChecksums) {
  const Bytes png = make_png(make_noise(40, 30, 3));
  for (const size_t position : {png.size() / 3, png.size() / 2, png.size() - 40}) {
    Bytes damaged = png;
    damaged[position] ^= std::byte{1};
    expect_error(damaged, ErrorCode::kCorrupt, "damaged PNG");
  }
}

// Where in `jpeg` its entropy-coded data ends: at the end marker.
size_t end_of_scan(const Bytes& jpeg) { return jpeg.size() - 2; }

TEST(DecodeImage, RefusesJpegsWhoseDataIsReplacedOrSkipped) {
  const Bytes jpeg = make_jpeg(make_noise(120, 90, 5));
  Bytes zeroed = jpeg, cut_out = jpeg, lost_block = make_jpeg(make_noise(120, 90, 5), {.restart_interval = 4});
  // A lost network packet or disk sector.
  std::fill(zeroed.begin() + long(jpeg.size() / 2), zeroed.begin() + long(jpeg.size() / 2) + 512, std::byte{0});
  expect_error(zeroed, ErrorCode::kCorrupt, "damaged JPEG");
  cut_out.erase(cut_out.begin() + long(jpeg.size() / 2), cut_out.begin() + long(jpeg.size() / 2) + 512);
  expect_error(cut_out, ErrorCode::kCorrupt, "JPEG");
  lost_block.erase(lost_block.begin() + long(jpeg.size() / 2), lost_block.begin() + long(jpeg.size() / 2) + 900);
  expect_error(lost_block, ErrorCode::kCorrupt, "JPEG");
}

TEST(DecodeImage, ToleratesWhatLosesNoPixelsOfAJpeg) {
  const Bytes jpeg = make_jpeg(picture());
  const Image whole = decoded(jpeg);
  Bytes padded = jpeg, noisy_header = jpeg;
  padded.insert(padded.begin() + long(end_of_scan(jpeg)), 40, std::byte{0});
  expect_same(padded, whole);
  noisy_header.insert(noisy_header.begin() + 2 + 18, 3, std::byte{0x11});  // between JFIF's segment and the next marker
  expect_same(noisy_header, whole);
}

TEST(DecodeImage, RefusesUnplacedDataBeforeTheEndOfAJpeg) {
  Bytes jpeg = make_jpeg(picture());
  jpeg.insert(jpeg.begin() + long(end_of_scan(jpeg)), 40, std::byte{0x5A});
  expect_error(jpeg, ErrorCode::kCorrupt, "extraneous bytes");
}

TEST(DecodeImage, RefusesJpegsWithScansWithoutEnd) {
  const Bytes jpeg = make_jpeg(picture(), {.progressive = true});
  // Repeats the last scan, which refines a few bits, over and over.
  const std::string_view text(reinterpret_cast<const char*>(jpeg.data()), jpeg.size());
  const size_t last_scan = text.rfind("\xFF\xDA");
  Bytes bomb(jpeg.begin(), jpeg.begin() + long(end_of_scan(jpeg)));
  for (int i = 0; i < 500; ++i) bomb.insert(bomb.end(), jpeg.begin() + long(last_scan), jpeg.end() - 2);
  bomb.insert(bomb.end(), jpeg.end() - 2, jpeg.end());
  expect_error(bomb, ErrorCode::kCorrupt, "");
}

TEST(DecodeImage, RefusesHeadersThatClaimTooMuchBeforeAllocating) {
  for (const char* format : {"jpeg", "png", "bmp", "webp", "tiff"}) {
    for (const uint32_t side : {30'000u, 65'500u}) {
      SCOPED_TRACE(std::string(format) + " " + std::to_string(side));
      const std::string words = std::to_string(side) + " x " + std::to_string(side);
      expect_error(make_header_claiming(format, side, side), ErrorCode::kUnsupported, words);
    }
  }
}

TEST(DecodeImage, RefusesHeadersThatClaimMoreThanTheFileHolds) {
  for (const char* format : {"jpeg", "png", "bmp", "tiff"}) {
    SCOPED_TRACE(format);
    expect_error(make_header_claiming(format, 14'000, 14'000), ErrorCode::kCorrupt, "truncated");
  }
}

TEST(DecodeImage, HonoursASmallerLimit) {
  const auto image = decode_image(make_png(picture()), {.max_pixels = 77 * 53 - 1});
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(decode_image(make_png(picture()), {.max_pixels = 77 * 53}).ok());
}

TEST(DecodeImage, NamesWhatAnotherFileLooksLike) {
  expect_error({}, ErrorCode::kCorrupt, "file is empty");
  expect_error(Bytes(5000), ErrorCode::kCorrupt, "zero bytes");
  expect_error(to_bytes("Dear all,\nthe pictures follow tomorrow.\n"), ErrorCode::kCorrupt, "looks like text");
  expect_error(to_bytes("%PDF-1.7\n1 0 obj"), ErrorCode::kCorrupt, "looks like a PDF");
  expect_error(to_bytes("<!DOCTYPE html><title>404</title>"), ErrorCode::kCorrupt, "looks like an HTML page");
  expect_error(to_bytes("\xEF\xBB\xBF <html lang=en>"), ErrorCode::kCorrupt, "looks like an HTML page");
  expect_error(to_bytes("PK\x03\x04rest of it"), ErrorCode::kCorrupt, "ZIP");
  expect_error(to_bytes("version https://git-lfs.github.com/spec/v1\n"), ErrorCode::kCorrupt, "git lfs pull");
  expect_error(to_bytes("\x01\x02\x80\x90"), ErrorCode::kCorrupt, "something unknown");
  expect_error(to_bytes("GIF89a\1\0\1\0"), ErrorCode::kUnsupported, "looks like a GIF");
  expect_error(to_bytes(std::string_view("\0\0\0\x18"
                                         "ftypheic\0\0\0\0",
                                         16)),
               ErrorCode::kUnsupported, "looks like a HEIC");
  expect_error(to_bytes("<?xml version='1.0'?><svg width='1'/>"), ErrorCode::kUnsupported, "looks like an SVG");
}

TEST(DecodeImage, RefusesImagesMangledByATextModeTransfer) {
  for (const auto& [kind, bytes] : every_kind(make_noise(60, 40, 11))) {
    SCOPED_TRACE(kind);
    Bytes mangled;
    for (const std::byte byte : bytes) {
      if (byte == std::byte{'\n'}) mangled.push_back(std::byte{'\r'});
      mangled.push_back(byte);
    }
    // BMP and WebP have no checksum that could tell.
    if (mangled == bytes || kind.ends_with("bmp") || kind.ends_with("webp")) continue;
    const auto image = decode_image(mangled);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kCorrupt) << image.error().message;
  }
}

TEST(DecodeImage, GivesAReasonForEveryLengthOfEveryFormat) {
  for (const auto& [kind, bytes] : every_kind(make_picture(9, 7))) {
    for (size_t size = 0; size + 1 < bytes.size(); ++size) {
      const auto image = decode_image({bytes.data(), size});
      if (image) continue;  // a TIFF's tail may be superfluous
      ASSERT_FALSE(image.error().message.empty()) << kind << " cut at " << size;
      ASSERT_NE(image.error().code, ErrorCode::kInternal) << kind << " cut at " << size;
    }
  }
}

TEST(DecodeImage, PrintsNothingWhateverTheDamage) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const auto& [kind, bytes] : every_kind(make_noise(40, 30, 9))) {
    for (size_t position = 0; position < bytes.size(); position += 1 + bytes.size() / 50) {
      Bytes damaged = bytes;
      damaged[position] ^= std::byte{0x55};
      decode_image(damaged).ok();
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(SniffImageFormat, GoesByContent) {
  EXPECT_EQ(sniff_image_format(make_jpeg(picture())), "jpeg");
  EXPECT_EQ(sniff_image_format(make_png(picture())), "png");
  EXPECT_EQ(sniff_image_format(make_webp(picture(), false)), "webp");
  EXPECT_EQ(sniff_image_format(make_bmp(picture(), 24)), "bmp");
  EXPECT_EQ(sniff_image_format(make_tiff(picture())), "tiff");
  EXPECT_EQ(sniff_image_format(make_tiff(picture(), {.big_tiff = true})), "tiff");
  EXPECT_EQ(sniff_image_format(to_bytes("GIF87a")), "gif");
  EXPECT_EQ(sniff_image_format(to_bytes("BMW is not a bitmap, nor is this")), "");
  EXPECT_EQ(sniff_image_format({}), "");
}

}  // namespace
}  // namespace pretag
