// Videos as tests of reading them open and damage them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/video/video_file.h"
#include "support/test_video.h"

namespace pretag {

inline Result<std::unique_ptr<VideoFile>> try_to_open(const std::string& path, const VideoOptions& options = {},
                                                      std::shared_ptr<const FrameIndex> index = nullptr) {
  PRETAG_ASSIGN(auto file, local_file_system().open(path));
  return VideoFile::open(std::move(file), options, std::move(index));
}

inline std::unique_ptr<VideoFile> open_video(const std::string& path, const VideoOptions& options = {}) {
  auto video = try_to_open(path, options);
  EXPECT_TRUE(video.ok()) << path << ": " << video.error().message;
  return video ? *std::move(video) : nullptr;
}

inline int number_at(VideoFile& video, int64_t index) {
  const auto frame = video.frame(index);
  EXPECT_TRUE(frame.ok()) << index << ": " << frame.error().message;
  return frame ? number_of_frame(*frame) : -1;
}

inline void overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
}

struct NamedVideoKind {
  const char* name;
  const char* extension;
  VideoKind video;
};

}  // namespace pretag
