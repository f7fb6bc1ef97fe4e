#include "pretag/report/histogram_chart.h"

#include <algorithm>

#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kFontSize = 12, kMarkerRoom = 20, kTickRoom = 20, kLabelRoom = 20;

// Everything in pixels, but for the ticks.
struct Layout {
  Rect plot;
  double column_width = 0;
  std::vector<double> y_ticks;  // counts

  double x(double position) const { return plot.x + position * column_width; }
  double y(double count) const { return plot.bottom() - count / y_ticks.back() * plot.height; }
};

Layout lay_out(const HistogramSpec& spec, double width, double height) {
  double largest = 0;
  for (const HistogramColumn& column : spec.columns) largest = std::max(largest, column.count);
  Layout layout;
  layout.y_ticks = axis_ticks(largest, 4);
  const double left = text_width(format_count(static_cast<int64_t>(layout.y_ticks.back())), kFontSize) + 8;
  const double top = kMarkerRoom + kFontSize + 6;  // the y label stands above the plot, then the marker's text
  layout.plot = {left, top, width - left - 8, height - top - kTickRoom - kLabelRoom};
  layout.column_width = layout.plot.width / static_cast<double>(std::max<size_t>(spec.columns.size(), 1));
  return layout;
}

void draw_axes(Canvas& canvas, const HistogramSpec& spec, const Layout& layout) {
  const TextStyle muted{.size = kFontSize, .paint = Tone::kMuted};
  TextStyle right = muted, middle = muted;
  right.anchor = Anchor::kEnd;
  middle.anchor = Anchor::kMiddle;
  canvas.text(0, kFontSize, spec.y_label, muted);
  for (const double tick : layout.y_ticks) {
    const double y = layout.y(tick);
    canvas.line(layout.plot.x, y, layout.plot.right(), y, tick > 0 ? Tone::kGrid : Tone::kMuted, 1);
    canvas.text(layout.plot.x - 8, y + 0.35 * kFontSize, format_count(static_cast<int64_t>(tick)), right);
  }
  // Labels that would run into the one before are left out.
  double free_from = 0;
  for (const AxisMark& tick : spec.ticks) {
    const double half = text_width(tick.text, kFontSize) / 2;
    const double x = std::min(layout.x(tick.position), layout.plot.right() + 8 - half);
    if (x - half < free_from) continue;
    canvas.text(x, layout.plot.bottom() + 16, tick.text, middle);
    free_from = x + half + 6;
  }
  canvas.text(layout.plot.x + layout.plot.width / 2, layout.plot.bottom() + kTickRoom + 16, spec.x_label, middle);
}

void draw_columns(Canvas& canvas, const HistogramSpec& spec, const Layout& layout) {
  const double gap = std::min(3.0, 0.15 * layout.column_width);
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const HistogramColumn& column = spec.columns[i];
    if (column.count <= 0) continue;
    const double height = std::max(layout.plot.bottom() - layout.y(column.count), 1.5);
    canvas.begin_group({.title = column.hover});
    canvas.fill(
        {layout.x(static_cast<double>(i)) + gap / 2, layout.plot.bottom() - height, layout.column_width - gap, height},
        column.muted ? Tone::kAccentSoft : Tone::kAccent, 1.5);
    canvas.end_group();
  }
}

void draw_marker(Canvas& canvas, const AxisMark& marker, const Layout& layout) {
  const double x = layout.x(marker.position);
  canvas.line(x, layout.plot.y - 4, x, layout.plot.bottom(), Tone::kInk, 1.2, true);
  const double half = text_width(marker.text, kFontSize) / 2;
  canvas.text(std::clamp(x, layout.plot.x + half, std::max(layout.plot.right() - half, layout.plot.x + half)),
              layout.plot.y - 9, marker.text, {.size = kFontSize, .anchor = Anchor::kMiddle});
}

}  // namespace

Chart histogram_chart(const HistogramSpec& spec, double width, double height) {
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, height, {}};
  chart.draw = [spec, layout = lay_out(spec, width, height)](Canvas& canvas) {
    draw_axes(canvas, spec, layout);
    draw_columns(canvas, spec, layout);
    if (spec.marker) draw_marker(canvas, *spec.marker, layout);
  };
  return chart;
}

}  // namespace pretag
