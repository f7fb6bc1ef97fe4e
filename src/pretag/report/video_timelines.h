// Where in its videos a run has selected frames.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pretag {

struct VideoTimeline {
  std::string video;
  int64_t frames = 0;             // up to the last one that was read
  std::vector<int64_t> selected;  // indices, ascending
};

// Only so many videos are listed.
inline constexpr size_t kMostTimelines = 24;

struct VideoTimelines {
  int64_t videos = 0, frames = 0;     // of the input; frames that were read
  int64_t videos_selected = 0;        // with at least one selected frame
  std::vector<VideoTimeline> listed;  // those with the most selected frames, in byte order of their names
};

// Takes the frames of a run one at a time, in any order. Memory grows with the number of videos and of selected frames.
class VideoTimelineCollector {
 public:
  // Passes over what is no frame of a video.
  void add(const std::string& filename, bool selected);
  VideoTimelines timelines() const;

 private:
  std::map<std::string, VideoTimeline> videos_;
  int64_t frames_ = 0;
};

}  // namespace pretag
