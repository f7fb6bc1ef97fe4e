#include "pretag/report/histogram_chart.h"

#include <algorithm>
#include <cmath>

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
  bool log_counts = false;

  double x(double position) const { return plot.x + position * column_width; }
  double y(double count) const { return plot.bottom() - share_of_height(count) * plot.height; }

 private:
  // On the logarithmic axis 1 stands a step above 0, so that a single one can be seen.
  double share_of_height(double count) const {
    if (!log_counts) return count / y_ticks.back();
    const auto steps = [](double value) { return value > 0 ? 1 + std::log10(std::max(value, 1.0)) : 0; };
    return steps(count) / steps(y_ticks.back());
  }
};

bool compares(const HistogramSpec& spec) { return spec.series.size() == 2; }

std::string tick_text(const HistogramSpec& spec, double tick) {
  return format_count(static_cast<int64_t>(tick)) + spec.y_unit;
}

// 0, 1, 10, 100 … to at least `maximum`.
std::vector<double> powers_of_ten(double maximum) {
  std::vector<double> ticks = {0, 1};
  while (ticks.back() < maximum) ticks.push_back(ticks.back() * 10);
  return ticks;
}

Layout lay_out(const HistogramSpec& spec, double width, double height) {
  double largest = 0;
  for (const HistogramColumn& column : spec.columns) largest = std::max({largest, column.count, column.second_count});
  Layout layout;
  layout.log_counts = spec.log_counts;
  layout.y_ticks = spec.log_counts ? powers_of_ten(largest) : axis_ticks(largest, 4);
  const double left = text_width(tick_text(spec, layout.y_ticks.back()), kFontSize) + 8;
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
    canvas.text(layout.plot.x - 8, y + 0.35 * kFontSize, tick_text(spec, tick), right);
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

void draw_column(Canvas& canvas, const Layout& layout, double x, double width, double count, const Paint& paint) {
  if (count <= 0) return;
  const double height = std::max(layout.plot.bottom() - layout.y(count), 1.5);
  canvas.fill({x, layout.plot.bottom() - height, width, height}, paint, std::min(1.5, width / 4));
}

// Of two sets the second stands, narrower and darker, before the first: the shapes can be compared at a glance.
void draw_columns(Canvas& canvas, const HistogramSpec& spec, const Layout& layout) {
  const double gap = std::min(3.0, 0.15 * layout.column_width), width = layout.column_width - gap;
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const HistogramColumn& column = spec.columns[i];
    if (column.count <= 0 && column.second_count <= 0) continue;
    const double x = layout.x(static_cast<double>(i)) + gap / 2;
    canvas.begin_group({.title = column.hover});
    draw_column(canvas, layout, x, width, column.count,
                column.muted || compares(spec) ? Tone::kAccentSoft : Tone::kAccent);
    if (compares(spec)) draw_column(canvas, layout, x + 0.25 * width, 0.5 * width, column.second_count, Tone::kAccent);
    canvas.end_group();
  }
}

void draw_legend(Canvas& canvas, const HistogramSpec& spec, const Layout& layout) {
  double x = layout.plot.right();
  for (const size_t i : {size_t{1}, size_t{0}}) {
    x -= text_width(spec.series[i], kFontSize);
    canvas.text(x, kFontSize, spec.series[i], {.size = kFontSize, .paint = Tone::kMuted});
    x -= 16;
    canvas.fill({x, kFontSize - 10, 11, 11}, i == 0 ? Tone::kAccentSoft : Tone::kAccent, 2);
    x -= 16;
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
    if (compares(spec)) draw_legend(canvas, spec, layout);
    if (spec.marker) draw_marker(canvas, *spec.marker, layout);
  };
  return chart;
}

}  // namespace pretag
