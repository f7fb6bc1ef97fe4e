// The frames of the videos that were read last.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"
#include "pretag/video/video_file.h"

namespace pretag {

// Keeps the videos that were read last open, since frames are asked for in their order. Thread-safe.
class VideoFrames {
 public:
  // `files` must outlive it.
  VideoFrames(const VideoOptions& options, const FileSystem& files) : options_(options), files_(files) {}

  // How many frames the file at `path` has: as it claims, if that is to be trusted and it claims any; else they are
  // counted.
  Result<int64_t> count(const std::string& path, bool trust_claim) const;
  Result<Image> frame(const std::string& path, int64_t index) const;
  Result<FrameTime> time_of(const std::string& path, int64_t index) const;

 private:
  struct OpenVideo {
    std::string path;
    std::mutex mutex;  // of `file`
    std::unique_ptr<VideoFile> file;
  };
  // A video's index is a thousandth of it, and spares reading through it once more.
  struct KnownIndex {
    std::shared_ptr<const FrameIndex> index;
    int64_t frames = 0;
  };
  Result<std::shared_ptr<OpenVideo>> opened(const std::string& path) const;
  std::shared_ptr<const FrameIndex> known_index(const std::string& path) const;
  void remember(const std::string& path, VideoFile& file) const;

  Result<DecodedFrame> decode(const std::string& path, int64_t index) const;
  Result<std::unique_ptr<VideoFile>> open(const std::string& path, std::shared_ptr<const FrameIndex> index) const;

  const VideoOptions options_;
  const FileSystem& files_;
  mutable std::mutex mutex_;                                     // of what follows
  mutable std::list<std::shared_ptr<OpenVideo>> open_;           // the one used last first
  mutable std::unordered_map<std::string, KnownIndex> indices_;  // by path
  mutable std::deque<std::string> oldest_first_;                 // their paths
  mutable int64_t known_frames_ = 0;
};

}  // namespace pretag
