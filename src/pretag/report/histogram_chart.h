// Columns over a counted or measured quantity.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct HistogramColumn {
  double count = 0;
  std::string hover;
  bool muted = false;  // paler, for what lies outside of what is reported
};

// Positions on the x axis are in columns: 0 is the left edge of the first, 0.5 its middle.
struct AxisMark {
  double position = 0;
  std::string text;
};

struct HistogramSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::string x_label = {}, y_label = {};
  std::vector<HistogramColumn> columns = {};
  std::vector<AxisMark> ticks = {};
  std::optional<AxisMark> marker = {};  // a dashed line: a mean, a threshold
};

// `width` in pixels, at least 200; `height` of the whole chart.
Chart histogram_chart(const HistogramSpec& spec, double width, double height = 280);

}  // namespace pretag
