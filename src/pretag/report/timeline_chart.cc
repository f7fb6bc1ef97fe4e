#include "pretag/report/timeline_chart.h"

#include <algorithm>
#include <cmath>

#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

// Everything in pixels.
constexpr double kFont = 12, kStrip = 16, kRow = 24, kLabelGap = 12, kTextGap = 8, kAxis = 36, kMark = 2;

struct Layout {
  double label_width = 0, text_width = 0, strip_x = 0, longest = 0;
  double longest_length = 0;

  double x_of(double position) const { return strip_x + position / longest_length * longest; }
};

Layout lay_out(const TimelineSpec& spec, double width) {
  Layout layout;
  for (const TimelineRow& row : spec.rows) {
    layout.label_width = std::max(layout.label_width, text_width(row.label, kFont));
    layout.text_width = std::max(layout.text_width, text_width(row.text, kFont));
    layout.longest_length = std::max(layout.longest_length, row.length);
  }
  layout.longest_length = std::max(layout.longest_length, 1.0);
  layout.label_width = std::min(layout.label_width, 0.3 * width);
  layout.text_width = std::min(layout.text_width, 0.3 * width);
  layout.strip_x = layout.label_width + kLabelGap;
  layout.longest = width - layout.strip_x - kTextGap - layout.text_width;
  return layout;
}

double baseline(double middle) { return middle + 0.35 * kFont; }

void draw_row(Canvas& canvas, const TimelineRow& row, const Layout& layout, double y) {
  canvas.begin_group({.title = row.label + ": " + row.text, .data = {{"video", row.label}}});
  const double middle = y + kStrip / 2, end = layout.x_of(row.length);
  canvas.text(layout.label_width, baseline(middle), fit_path(row.label, layout.label_width, kFont),
              {.size = kFont, .anchor = Anchor::kEnd});
  canvas.fill({layout.strip_x, y, std::max(end - layout.strip_x, kMark), kStrip}, Tone::kGrid, 2);
  double last = -1;
  for (const double mark : row.marks) {
    const double x = std::round(layout.x_of(mark) / kMark) * kMark;
    if (x != last)
      canvas.fill({std::min(x, std::max(end, layout.strip_x + kMark) - kMark), y, kMark, kStrip}, Tone::kAccent);
    last = x;
  }
  canvas.text(end + kTextGap, baseline(middle), fit_text(row.text, layout.text_width + 1, kFont),
              {.size = kFont, .paint = row.marks.empty() ? Tone::kMuted : Tone::kInk});
  canvas.end_group();
}

void draw_axis(Canvas& canvas, const TimelineSpec& spec, const Layout& layout, double y) {
  canvas.line(layout.strip_x, y, layout.strip_x + layout.longest, y, Tone::kMuted, 1);
  for (const double tick : axis_ticks(layout.longest_length, 5)) {
    if (tick > layout.longest_length) continue;
    const double x = layout.x_of(tick);
    canvas.line(x, y, x, y + 4, Tone::kMuted, 1);
    canvas.text(x, y + 16, format_count(static_cast<int64_t>(tick)),
                {.size = kFont - 1, .anchor = Anchor::kMiddle, .paint = Tone::kMuted});
  }
  canvas.text(layout.strip_x + layout.longest / 2, y + 31, spec.x_label,
              {.size = kFont, .anchor = Anchor::kMiddle, .paint = Tone::kMuted});
}

}  // namespace

Chart timeline_chart(const TimelineSpec& spec, double width) {
  const Layout layout = lay_out(spec, width);
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, 0, {}};
  const double axis_y = kRow * static_cast<double>(spec.rows.size());
  chart.height = axis_y + kAxis;
  chart.draw = [spec, layout, axis_y](Canvas& canvas) {
    for (size_t i = 0; i < spec.rows.size(); ++i) {
      draw_row(canvas, spec.rows[i], layout, kRow * static_cast<double>(i));
    }
    draw_axis(canvas, spec, layout, axis_y);
  };
  return chart;
}

}  // namespace pretag
