#include "pretag/report/video_timelines.h"

#include <algorithm>

#include "pretag/data/frame_name.h"

namespace pretag {

void VideoTimelineCollector::add(const std::string& filename, bool selected) {
  const auto frame = parse_frame_name(filename);
  if (!frame) return;
  VideoTimeline& timeline = videos_[frame->video];
  timeline.frames = std::max(timeline.frames, frame->index + 1);
  if (selected) timeline.selected.push_back(frame->index);
  ++frames_;
}

VideoTimelines VideoTimelineCollector::timelines() const {
  VideoTimelines timelines{.videos = static_cast<int64_t>(videos_.size()), .frames = frames_, .listed = {}};
  for (const auto& [name, timeline] : videos_) {
    timelines.videos_selected += timeline.selected.empty() ? 0 : 1;
    timelines.listed.push_back(timeline);
    timelines.listed.back().video = name;
    std::ranges::sort(timelines.listed.back().selected);
  }
  const auto fewer = [](const VideoTimeline& a, const VideoTimeline& b) {
    return a.selected.size() > b.selected.size();
  };
  std::ranges::stable_sort(timelines.listed, fewer);
  timelines.listed.resize(std::min(timelines.listed.size(), kMostTimelines));
  std::ranges::sort(timelines.listed, {}, &VideoTimeline::video);
  return timelines;
}

}  // namespace pretag
