#include "pretag/report/class_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kFontSize = 12, kHeadingHeight = 24, kAxisHeight = 18, kGap = 18, kRowGap = 6;

// Everything in pixels.
struct Layout {
  double label_width = 0, column_width = 0, row_height = 0;

  double column_x(size_t column) const {
    return label_width + kGap + static_cast<double>(column) * (column_width + kGap);
  }
  double row_y(size_t row) const { return kHeadingHeight + static_cast<double>(row) * (row_height + kRowGap); }
};

Layout lay_out(const ClassRowsSpec& spec, double width) {
  Layout layout;
  for (const ClassRow& row : spec.rows)
    layout.label_width = std::max(layout.label_width, text_width(row.label, kFontSize));
  layout.label_width = std::min(layout.label_width, 0.28 * width);
  const auto columns = static_cast<double>(std::max<size_t>(spec.headings.size(), 1));
  layout.column_width = (width - layout.label_width) / columns - kGap;
  layout.row_height = spec.rows.size() > 12 ? 22 : 34;
  return layout;
}

void draw_histogram(Canvas& canvas, const std::vector<int64_t>& counts, Color color, const Rect& place,
                    const std::string& title) {
  canvas.begin_group({.title = title});
  canvas.fill(place, Paint(Tone::kGrid, 0.35), 0);
  const int64_t largest = counts.empty() ? 0 : *std::ranges::max_element(counts);
  const double bin_width = place.width / static_cast<double>(std::max<size_t>(counts.size(), 1));
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] <= 0) continue;
    const double height = std::max(place.height * static_cast<double>(counts[i]) / static_cast<double>(largest), 1.0);
    canvas.fill({place.x + static_cast<double>(i) * bin_width, place.bottom() - height, bin_width - 1, height}, color,
                0);
  }
  canvas.end_group();
}

void draw_row(Canvas& canvas, const ClassRowsSpec& spec, const ClassRow& row, const Layout& layout, double y) {
  canvas.begin_group({.title = row.label, .data = {{"class", row.label}}});
  canvas.text(layout.label_width, y + layout.row_height / 2 + 0.35 * kFontSize,
              fit_text(row.label, layout.label_width, kFontSize), {.size = kFontSize, .anchor = Anchor::kEnd});
  canvas.end_group();
  for (size_t column = 0; column < row.histograms.size(); ++column) {
    const std::vector<int64_t>& counts = row.histograms[column];
    const int64_t total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    draw_histogram(canvas, counts, row.color, {layout.column_x(column), y, layout.column_width, layout.row_height},
                   fmt::format("{}, {}: {}", row.label, spec.headings[column], format_count(total)));
  }
}

}  // namespace

Chart class_rows_chart(const ClassRowsSpec& spec, double width) {
  const Layout layout = lay_out(spec, width);
  Chart chart{spec.name, spec.title, spec.subtitle, spec.description, width, 0, {}};
  chart.height = layout.row_y(spec.rows.size()) + kAxisHeight;
  chart.draw = [spec, layout](Canvas& canvas) {
    const TextStyle muted{.size = kFontSize, .paint = Tone::kMuted};
    TextStyle end = muted;
    end.anchor = Anchor::kEnd;
    for (size_t column = 0; column < spec.headings.size(); ++column) {
      const double x = layout.column_x(column), below = layout.row_y(spec.rows.size()) + kFontSize - 2;
      canvas.text(x, kFontSize, spec.headings[column], muted);
      canvas.text(x, below, spec.axes[column].first, muted);
      canvas.text(x + layout.column_width, below, spec.axes[column].second, end);
    }
    for (size_t row = 0; row < spec.rows.size(); ++row)
      draw_row(canvas, spec, spec.rows[row], layout, layout.row_y(row));
  };
  return chart;
}

}  // namespace pretag
