#include "pretag/source/video_frames.h"

#include <algorithm>

#include "pretag/image/encode.h"

namespace pretag {

Result<std::shared_ptr<VideoFrames::OpenVideo>> VideoFrames::opened(const std::string& path) const {
  constexpr size_t kMostOpen = 2;  // where one video ends and the next begins, readers are in both
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(open_, path, [](const auto& video) { return video->path; });
  if (known != open_.end()) {
    open_.splice(open_.begin(), open_, known);
    return open_.front();
  }
  auto video = std::make_shared<OpenVideo>();
  video->path = path;
  PRETAG_ASSIGN(video->file, VideoFile::open(path, options_));
  open_.push_front(video);
  if (open_.size() > kMostOpen) open_.pop_back();
  return video;
}

Result<int64_t> VideoFrames::count(const std::string& path, bool trust_claim) const {
  PRETAG_ASSIGN(const auto file, VideoFile::open(path, options_));
  if (trust_claim && file->claimed_frames() > 0) return file->claimed_frames();
  return file->count_frames();
}

Result<std::vector<std::byte>> VideoFrames::read(const std::string& path, int64_t index) const {
  PRETAG_ASSIGN(const auto video, opened(path));
  std::unique_lock lock(video->mutex);
  PRETAG_ASSIGN(const Image image, video->file->frame(index));
  lock.unlock();
  return encode_png(image, PngCompression::kNone);
}

Result<FrameTime> VideoFrames::time_of(const std::string& path, int64_t index) const {
  PRETAG_ASSIGN(const auto video, opened(path));
  const std::lock_guard lock(video->mutex);
  return video->file->time_of(index);
}

}  // namespace pretag
