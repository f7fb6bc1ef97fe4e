// The frames of videos as if each were an image file of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/video/video_file.h"

namespace pretag {

// Keeps the videos that were read last open, since frames are asked for in their order. Thread-safe.
class VideoFrames {
 public:
  explicit VideoFrames(const VideoOptions& options) : options_(options) {}

  // How many frames the file at `path` has: as it claims, if that is to be trusted and it claims any; else they are
  // counted.
  Result<int64_t> count(const std::string& path, bool trust_claim) const;
  // Frame `index` as a PNG without compression: what it is needed for is to be decoded again.
  Result<std::vector<std::byte>> read(const std::string& path, int64_t index) const;
  Result<FrameTime> time_of(const std::string& path, int64_t index) const;

 private:
  struct OpenVideo {
    std::string path;
    std::mutex mutex;  // of `file`
    std::unique_ptr<VideoFile> file;
  };
  Result<std::shared_ptr<OpenVideo>> opened(const std::string& path) const;

  const VideoOptions options_;
  mutable std::mutex mutex_;                            // of open_
  mutable std::list<std::shared_ptr<OpenVideo>> open_;  // the one used last first
};

}  // namespace pretag
