#include "pretag/worker/thumbnails.h"

#include <gtest/gtest.h>

#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

constexpr char kSuffix[] = ".lightly/thumbnails/[filename]_thumb.[extension]";

TEST(Thumbnails, AreNamedAfterTheirImages) {
  EXPECT_EQ(thumbnail_name(kSuffix, "front/a.b.jpg"), ".lightly/thumbnails/front/a.b_thumb.jpg");
  EXPECT_EQ(thumbnail_name(kSuffix, "folder.d/name"), ".lightly/thumbnails/folder.d/name_thumb.");
  EXPECT_EQ(thumbnail_name(kSuffix, "[extension].png"), ".lightly/thumbnails/[extension]_thumb.png");
}

TEST(Thumbnails, AreSmallCopiesInTheFormatOfTheImage) {
  Image large;
  large.width = 640;
  large.height = 480;
  large.rgb.assign(size_t{640} * 480 * 3, 100);
  MemoryFileSystem files;
  const ThumbnailPlaces places{"/lightly", kSuffix};
  for (const auto& [image, format] : {std::pair{"a.png", "png"}, {"b.webp", "jpeg"}}) {
    const auto stored = std::string_view(format) == "png" ? encode_png(large) : encode_jpeg(large, 90);
    const auto name = write_thumbnail(files, places, image, *stored);
    ASSERT_TRUE(name.ok()) << name.error().message;
    EXPECT_EQ(*name, thumbnail_name(kSuffix, image));
    const auto bytes = files.read("/lightly/" + *name, 1 << 20);
    ASSERT_TRUE(bytes.ok()) << *name;
    EXPECT_EQ(sniff_image_format(*bytes), format);
    const auto small = decode_image(*bytes);
    ASSERT_TRUE(small.ok());
    EXPECT_EQ(small->width, 320);
    EXPECT_EQ(small->height, 240);
  }
}

TEST(Thumbnails, StayInTheFolder) {
  MemoryFileSystem files;
  const std::vector<std::byte> broken(1);
  EXPECT_EQ(write_thumbnail(files, {"/lightly", "../[filename].png"}, "a.png", broken).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(write_thumbnail(files, {"/lightly", kSuffix}, "a.png", broken).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pretag
