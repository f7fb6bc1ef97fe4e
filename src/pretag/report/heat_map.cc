#include "pretag/report/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kFontSize = 12, kLabelGap = 8, kCellGap = 2;
constexpr double kLargestCell = 56, kFlattestCell = 26, kNumberFits = 30;

// Everything in pixels.
struct Layout {
  double labels_width = 0, labels_height = 0;
  double cell_width = 0, cell_height = 0;

  Rect cell(size_t row, size_t column) const {
    return {labels_width + kLabelGap + static_cast<double>(column) * cell_width,
            labels_height + kLabelGap + static_cast<double>(row) * cell_height, cell_width - kCellGap,
            cell_height - kCellGap};
  }
};

Layout lay_out(const HeatMapSpec& spec, double width) {
  Layout layout;
  double longest = 0;
  for (const std::string& label : spec.labels) longest = std::max(longest, text_width(label, kFontSize));
  const auto count = static_cast<double>(std::max<size_t>(spec.labels.size(), 1));
  layout.labels_width = std::min(longest, 0.3 * width);
  layout.labels_height = std::min(longest, 120.0);
  layout.cell_width = std::min((width - layout.labels_width - kLabelGap) / count, kLargestCell);
  layout.cell_height = std::clamp(layout.cell_width, std::min(layout.cell_width, 14.0), kFlattestCell);
  return layout;
}

void draw_labels(Canvas& canvas, const HeatMapSpec& spec, const Layout& layout) {
  for (size_t i = 0; i < spec.labels.size(); ++i) {
    const Rect row = layout.cell(i, 0), column = layout.cell(0, i);
    canvas.text(layout.labels_width, row.y + row.height / 2 + 0.35 * kFontSize,
                fit_text(spec.labels[i], layout.labels_width, kFontSize), {.size = kFontSize, .anchor = Anchor::kEnd});
    canvas.text(column.x + column.width / 2 + 0.35 * kFontSize, layout.labels_height,
                fit_text(spec.labels[i], layout.labels_height, kFontSize), {.size = kFontSize, .upward = true});
  }
}

std::string percent(double share) {
  if (share > 0 && share < 0.01) return "<1";
  return fmt::format("{}", std::lround(100 * share));
}

void draw_cell(Canvas& canvas, const HeatMapCell& cell, const Rect& place) {
  if (!cell.share) {
    canvas.fill(place, Paint(Tone::kGrid, 0.5), 2);
    return;
  }
  // Never quite the page's colour where there is something, and readable under the number everywhere.
  const double strength = *cell.share > 0 ? 0.1 + 0.9 * std::min(*cell.share, 1.0) : 0;
  canvas.begin_group({.title = cell.hover});
  canvas.fill(place, Tone::kPanel, 2);
  canvas.fill(place, Paint(Tone::kAccent, std::max(strength, 0.04)), 2);
  if (place.width >= kNumberFits)
    canvas.text(place.x + place.width / 2, place.y + place.height / 2 + 0.35 * kFontSize, percent(*cell.share),
                {.size = kFontSize, .anchor = Anchor::kMiddle, .paint = strength > 0.75 ? Tone::kPanel : Tone::kInk});
  canvas.end_group();
}

}  // namespace

Chart heat_map(const HeatMapSpec& spec, double width) {
  const Layout layout = lay_out(spec, width);
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, 0, {}};
  chart.height = spec.labels.empty() ? kFontSize : layout.cell(spec.labels.size() - 1, 0).bottom();
  chart.draw = [spec, layout](Canvas& canvas) {
    draw_labels(canvas, spec, layout);
    for (size_t row = 0; row < spec.cells.size(); ++row)
      for (size_t column = 0; column < spec.cells[row].size(); ++column)
        draw_cell(canvas, spec.cells[row][column], layout.cell(row, column));
  };
  return chart;
}

}  // namespace pretag
