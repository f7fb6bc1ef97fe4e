#include "pretag/worker/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

TEST(Frames, AreWrittenBelowTheDatasource) {
  MemoryFileSystem files;
  const Bytes png = make_png(make_picture(64, 48));
  ASSERT_TRUE(prepare_frames_folder(files, "/lightly").ok());
  ASSERT_TRUE(write_frame(files, "/lightly", "sub/v-0-mp4.png", png).ok());
  const auto bytes = files.read("/lightly/.lightly/frames/sub/v-0-mp4.png", 1 << 20);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(*bytes, png);
  EXPECT_FALSE(files.exists("/lightly/.lightly/frames/.writable"));
}

TEST(Frames, StayInTheFolder) {
  MemoryFileSystem files;
  EXPECT_EQ(write_frame(files, "/lightly", "../v-0-mp4.png", make_png(make_picture(8, 8))).error().code,
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
