#include "pretag/report/scatter_chart.h"

#include <algorithm>
#include <limits>

#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kFontSize = 12, kLegendHeight = 26, kLabelRoom = 22, kMargin = 12;

struct Bounds {
  double left = std::numeric_limits<double>::infinity(), right = -left, bottom = left, top = -left;

  void include(const Point& point) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    bottom = std::min(bottom, point.y);
    top = std::max(top, point.y);
  }
  bool empty() const { return left > right; }
};

Bounds bounds_of(const ScatterSpec& spec) {
  Bounds bounds;
  for (const ScatterSeries& series : spec.series)
    for (const Point& point : series.points) bounds.include(point);
  return bounds;
}

// From the points' units to pixels; points that are all the same lie in the middle.
std::vector<Point> place(const std::vector<Point>& points, const Bounds& bounds, const Rect& plot) {
  const double x_range = std::max(bounds.right - bounds.left, 1e-9),
               y_range = std::max(bounds.top - bounds.bottom, 1e-9);
  const double scale = std::min((plot.width - 2 * kMargin) / x_range, (plot.height - 2 * kMargin) / y_range);
  std::vector<Point> placed;
  for (const Point& point : points)
    placed.push_back({plot.x + plot.width / 2 + scale * (point.x - (bounds.left + bounds.right) / 2),
                      plot.y + plot.height / 2 - scale * (point.y - (bounds.bottom + bounds.top) / 2)});
  return placed;
}

void draw_legend(Canvas& canvas, const ScatterSpec& spec) {
  double x = 0;
  for (const ScatterSeries& series : spec.series) {
    const Point dot{x + 6, 8};
    canvas.dots({&dot, 1}, 9, series.paint);
    canvas.text(x + 18, 8 + 0.35 * kFontSize, series.name, {.size = kFontSize, .paint = Tone::kMuted});
    x += 18 + text_width(series.name, kFontSize) + 24;
  }
}

}  // namespace

Chart scatter_chart(const ScatterSpec& spec, double width) {
  const Bounds bounds = bounds_of(spec);
  // As tall as the points need at this width, within limits.
  const double shape =
      bounds.empty() || bounds.right <= bounds.left ? 1 : (bounds.top - bounds.bottom) / (bounds.right - bounds.left);
  const double plot_height = width * std::clamp(shape, 0.4, width > 500 ? 0.62 : 1.0);
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, 0, {}};
  chart.height = kLegendHeight + plot_height + kLabelRoom;
  chart.draw = [spec, bounds, width, plot_height](Canvas& canvas) {
    const Rect plot{kLabelRoom, kLegendHeight, width - kLabelRoom, plot_height};
    draw_legend(canvas, spec);
    canvas.outline(plot, Tone::kGrid, 1);
    const TextStyle label{.size = kFontSize, .anchor = Anchor::kMiddle, .paint = Tone::kMuted};
    TextStyle upward = label;
    upward.upward = true;
    canvas.text(plot.x + plot.width / 2, plot.bottom() + 17, spec.x_label, label);
    canvas.text(kFontSize, plot.y + plot.height / 2, spec.y_label, upward);
    for (const ScatterSeries& series : spec.series)
      if (!series.points.empty()) canvas.dots(place(series.points, bounds, plot), series.diameter, series.paint);
  };
  return chart;
}

}  // namespace pretag
