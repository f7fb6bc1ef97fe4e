#include "pretag/worker/picture_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

TEST(PictureFolders, AreBelowTheDatasource) {
  MemoryFileSystem files;
  const Bytes png = make_png(make_picture(64, 48));
  for (const auto& [folder, path] : {std::pair(kFramePictures, "frames"), {kCropPictures, "crops"}}) {
    const std::string base = std::string("/lightly/.lightly/") + path;
    ASSERT_TRUE(prepare_picture_folder(files, "/lightly", folder).ok());
    ASSERT_TRUE(write_picture(files, "/lightly", folder, "sub/v-0-mp4.png", png).ok());
    const auto bytes = files.read(base + "/sub/v-0-mp4.png", 1 << 20);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    EXPECT_EQ(*bytes, png);
    EXPECT_FALSE(files.exists(base + "/.writable"));
  }
}

TEST(PictureFolders, AreNotLeft) {
  MemoryFileSystem files;
  const Bytes png = make_png(make_picture(8, 8));
  EXPECT_EQ(write_picture(files, "/lightly", kFramePictures, "../v-0-mp4.png", png).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(PictureFolders, AreKnownToBeOutOfReachBeforeTheWork) {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.fail_writes_after(0);
  const Status frames = prepare_picture_folder(files, "/lightly", kFramePictures);
  ASSERT_FALSE(frames.ok());
  EXPECT_THAT(frames.error().message, HasSubstr("; the selected frames of videos are kept there"));
  const Status crops = prepare_picture_folder(files, "/lightly", kCropPictures);
  ASSERT_FALSE(crops.ok());
  EXPECT_THAT(crops.error().message, HasSubstr("; the crops of the selected objects are kept there"));
}

}  // namespace
}  // namespace pretag
