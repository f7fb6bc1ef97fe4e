#include <fmt/format.h>

#include "pretag/report/plots.h"
#include "pretag/report/text.h"
#include "pretag/report/timeline_chart.h"

namespace pretag {

Chart video_sampling_timeline(const ReportModel& model, double width) {
  const VideoTimelines& videos = model.videos;
  TimelineSpec spec{
      .name = "video_sampling_timeline", .title = "Where the selected frames lie", .x_label = "Frame of the video"};
  spec.subtitle = fmt::format("{} of {} have selected frames", format_count(videos.videos_selected),
                              format_counted(videos.videos, "video", "videos"));
  const auto listed = static_cast<int64_t>(videos.listed.size());
  if (listed < videos.videos) spec.subtitle += fmt::format("; the {} with the most of them", format_count(listed));
  for (const VideoTimeline& timeline : videos.listed) {
    const auto selected = static_cast<int64_t>(timeline.selected.size());
    spec.rows.push_back({.label = timeline.video,
                         .length = static_cast<double>(timeline.frames),
                         .marks = {timeline.selected.begin(), timeline.selected.end()},
                         .text = fmt::format("{} of {}", format_count(selected), format_count(timeline.frames))});
  }
  spec.description = "A strip for each video, with a mark at each selected frame. " + spec.subtitle;
  return timeline_chart(spec, width);
}

}  // namespace pretag
