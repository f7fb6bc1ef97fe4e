#include "pretag/worker/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/image/decode.h"
#include "pretag/image/encode.h"
#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

TEST(Frames, AreWrittenAsPngBelowTheDatasource) {
  MemoryFileSystem files;
  const Image picture = make_picture(64, 48);
  const auto loose = encode_png(picture, PngCompression::kNone);
  ASSERT_TRUE(prepare_frames_folder(files, "/lightly").ok());
  ASSERT_TRUE(write_frame(files, "/lightly", "sub/v-0-mp4.png", *loose).ok());
  const auto bytes = files.read("/lightly/.lightly/frames/sub/v-0-mp4.png", 1 << 20);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_LT(bytes->size(), loose->size() / 2);
  EXPECT_EQ(decode_image(*bytes)->rgb, picture.rgb);
  EXPECT_FALSE(files.exists("/lightly/.lightly/frames/.writable"));
}

TEST(Frames, StayInTheFolder) {
  MemoryFileSystem files;
  EXPECT_EQ(write_frame(files, "/lightly", "../v-0-mp4.png", *encode_png(make_picture(8, 8))).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Frames, AreKnownToHaveNoPlaceBeforeTheWork) {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.fail_writes_after(0);
  const Status status = prepare_frames_folder(files, "/lightly");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("; the selected frames of videos are kept there"));
}

}  // namespace
}  // namespace pretag
