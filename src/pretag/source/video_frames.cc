#include "pretag/source/video_frames.h"

#include <algorithm>
#include <utility>

#include "pretag/source/source.h"

namespace pretag {

Result<std::unique_ptr<VideoFile>> VideoFrames::open(const std::string& path,
                                                     std::shared_ptr<const FrameIndex> index) const {
  auto file = files_.open(path);
  if (!file && file.error().code == ErrorCode::kNotFound) return Error{ErrorCode::kNotFound, "the file is gone"};
  if (!file) return Error{file.error().code, reason_of(file.error(), path)};
  return VideoFile::open(*std::move(file), options_, std::move(index));
}

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
  PRETAG_ASSIGN(video->file, open(path, known_index(path)));
  open_.push_front(video);
  if (open_.size() > kMostOpen) open_.pop_back();
  return video;
}

std::shared_ptr<const FrameIndex> VideoFrames::known_index(const std::string& path) const {
  const auto known = indices_.find(path);
  return known == indices_.end() ? nullptr : known->second.index;
}

void VideoFrames::remember(const std::string& path, VideoFile& file) const {
  constexpr int64_t kMostFrames = 8'000'000;  // nine bytes each
  const auto index = file.index();
  const std::lock_guard lock(mutex_);
  if (!index || indices_.contains(path)) return;
  const int64_t frames = *file.count_frames();
  indices_.emplace(path, KnownIndex{index, frames});
  oldest_first_.push_back(path);
  known_frames_ += frames;
  while (known_frames_ > kMostFrames && oldest_first_.size() > 1) {
    const auto oldest = indices_.extract(oldest_first_.front());
    known_frames_ -= oldest.mapped().frames;
    oldest_first_.pop_front();
  }
}

Result<int64_t> VideoFrames::count(const std::string& path, bool trust_claim) const {
  PRETAG_ASSIGN(const auto file, open(path, nullptr));
  if (trust_claim && file->claimed_frames() > 0) return file->claimed_frames();
  auto frames = file->count_frames();
  remember(path, *file);
  return frames;
}

Result<DecodedFrame> VideoFrames::decode(const std::string& path, int64_t index) const {
  PRETAG_ASSIGN(const auto video, opened(path));
  const std::lock_guard lock(video->mutex);
  auto decoded = video->file->decode(index);
  remember(path, *video->file);
  return decoded;
}

Result<Image> VideoFrames::frame(const std::string& path, int64_t index) const {
  PRETAG_ASSIGN(const DecodedFrame decoded, decode(path, index));
  return decoded.to_image();
}

Result<FrameTime> VideoFrames::time_of(const std::string& path, int64_t index) const {
  PRETAG_ASSIGN(const auto video, opened(path));
  const std::lock_guard lock(video->mutex);
  auto time = video->file->time_of(index);
  remember(path, *video->file);
  return time;
}

}  // namespace pretag
