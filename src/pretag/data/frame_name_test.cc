#include "pretag/data/frame_name.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(FrameName, IsTheLightlyWorkers) {
  EXPECT_EQ(frame_name("sub/video_1.mp4", 99, 200), "sub/video_1-099-mp4.png");
  EXPECT_EQ(frame_name("video.MOV", 0, 9), "video-0-MOV.png");
  EXPECT_EQ(frame_name("a.b/c.d.avi", 10, 10), "a.b/c.d-10-avi.png");
  EXPECT_EQ(frame_name_prefix("sub/video_1.mp4"), "sub/video_1-");
}

TEST(FrameName, IsReadBack) {
  const auto name = parse_frame_name("sub/video-1-099-mp4.png");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->video, "sub/video-1.mp4");
  EXPECT_EQ(name->index, 99);
  EXPECT_EQ(parse_frame_name("日本-0-MKV.png")->video, "日本.MKV");
}

TEST(FrameName, IsNotEveryPng) {
  for (const char* key : {"a.png", "a-1.png", "1-mp4.png", "a-1-mp4.jpg", "a-x-mp4.png", "a--mp4.png", "a-1-txt.png",
                          "a-+1-mp4.png", "a-1x-mp4.png", "a-1-mp4", "-mp4.png", "", ".png",
                          "a-9999999999999999999-mp4.png", "a-1-.png", "a-1-b/mp4.png"}) {
    EXPECT_FALSE(parse_frame_name(key).has_value()) << key;
  }
}

TEST(FrameName, BelongsToVideosByTheirExtension) {
  for (const char* key : {"a.mp4", "b/c.MKV", "x.y.webm"}) EXPECT_TRUE(is_video_name(key)) << key;
  for (const char* key : {"mp4", "a.mp4/b", "a.png", "a.", ""}) EXPECT_FALSE(is_video_name(key)) << key;
}

}  // namespace
}  // namespace pretag
