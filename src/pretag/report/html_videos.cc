#include "pretag/report/html_sections.h"

namespace pretag {

std::string html_videos(const ReportModel& model) {
  return has_timelines(model)
             ? "<div class=\"panels\">" + html_chart_panel(video_sampling_timeline, model, true) + "</div>"
             : "";
}

}  // namespace pretag
