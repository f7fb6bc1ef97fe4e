#include "pretag/report/bar_chart.h"

#include <algorithm>

#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

// Everything in pixels.
struct Layout {
  double font_size = 13, bar_height = 22, row_gap = 14;
  double label_width = 0, value_width = 0, bar_x = 0, longest_bar = 0;
  double legend_height = 0, group_height = 0;
  double largest_value = 0;
  size_t series = 1;

  double row_y(size_t row) const { return legend_height + static_cast<double>(row) * (group_height + row_gap); }
};

constexpr double kLabelGap = 12, kValueGap = 8, kGroupGap = 3;

Layout lay_out(const BarChartSpec& spec, double width) {
  Layout layout;
  layout.largest_value = spec.full_length;
  layout.series = std::max<size_t>(spec.series.size(), 1);
  if (spec.rows.size() > 16) {
    layout.font_size = 12;
    layout.bar_height = 15;
    layout.row_gap = 7;
  }
  if (layout.series > 1) layout.bar_height *= 0.7;
  for (const BarRow& row : spec.rows) {
    layout.label_width = std::max(layout.label_width, text_width(row.label, layout.font_size));
    for (const BarValue& value : row.values) {
      layout.value_width = std::max(layout.value_width, text_width(value.text, layout.font_size));
      layout.largest_value = std::max(layout.largest_value, value.value);
    }
  }
  layout.label_width = std::min(layout.label_width, 0.3 * width);
  layout.value_width = std::min(layout.value_width, 0.35 * width);
  layout.bar_x = layout.label_width + kLabelGap;
  layout.longest_bar = width - layout.bar_x - kValueGap - layout.value_width;
  layout.legend_height = layout.series > 1 ? 30 : 0;
  layout.group_height = static_cast<double>(layout.series) * (layout.bar_height + kGroupGap) - kGroupGap;
  return layout;
}

// In a group the last series is the one that matters (after); those before it are paler.
double series_opacity(size_t series, size_t count) { return series + 1 == count ? 1 : 0.45; }

// The baseline that centres digits and small letters on `middle`.
double centred_baseline(double middle, double font_size) { return middle + 0.35 * font_size; }

void draw_legend(Canvas& canvas, const BarChartSpec& spec, const Layout& layout) {
  double x = layout.bar_x;
  for (size_t i = 0; i < spec.series.size(); ++i) {
    canvas.fill({x, 3, 12, 12}, Paint(Tone::kMuted, series_opacity(i, layout.series)), 2);
    canvas.text(x + 18, centred_baseline(9, layout.font_size), spec.series[i],
                {.size = layout.font_size, .paint = Tone::kMuted});
    x += 18 + text_width(spec.series[i], layout.font_size) + 24;
  }
}

void draw_row(Canvas& canvas, const BarRow& row, const Layout& layout, double y) {
  canvas.begin_group({.title = row.label, .data = {{"class", row.label}}});
  canvas.text(layout.label_width, centred_baseline(y + layout.group_height / 2, layout.font_size),
              fit_text(row.label, layout.label_width, layout.font_size),
              {.size = layout.font_size, .anchor = Anchor::kEnd});
  canvas.end_group();
  for (size_t i = 0; i < row.values.size(); ++i) {
    const BarValue& value = row.values[i];
    const double share = layout.largest_value > 0 ? value.value / layout.largest_value : 0;
    // What is not nothing must not look like nothing.
    const double length = value.value > 0 ? std::max(share * layout.longest_bar, 2.0) : 0;
    const double bar_y = y + static_cast<double>(i) * (layout.bar_height + kGroupGap);
    canvas.begin_group({.title = value.hover, .data = {{"class", row.label}}});
    canvas.fill({layout.bar_x, bar_y, length, layout.bar_height}, Paint(row.color, series_opacity(i, layout.series)),
                2);
    canvas.text(layout.bar_x + length + kValueGap, centred_baseline(bar_y + layout.bar_height / 2, layout.font_size),
                fit_text(value.text, layout.value_width + 1, layout.font_size),
                {.size = layout.font_size, .paint = value.value > 0 ? Tone::kInk : Tone::kMuted});
    canvas.end_group();
  }
}

}  // namespace

Chart bar_chart(const BarChartSpec& spec, double width) {
  const Layout layout = lay_out(spec, width);
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, 0, {}};
  chart.height = std::max(layout.row_y(spec.rows.size()) - layout.row_gap, layout.font_size);
  chart.draw = [spec, layout, height = chart.height](Canvas& canvas) {
    if (layout.series > 1) draw_legend(canvas, spec, layout);
    for (size_t i = 0; i < spec.rows.size(); ++i) draw_row(canvas, spec.rows[i], layout, layout.row_y(i));
    const double axis_x = layout.bar_x - 0.5;
    canvas.line(axis_x, layout.legend_height, axis_x, height, Tone::kMuted, 1);
  };
  return chart;
}

}  // namespace pretag
