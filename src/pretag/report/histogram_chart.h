// Columns over a counted or measured quantity, of one set or of two.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct HistogramColumn {
  double count = 0;
  std::string hover;
  bool muted = false;       // paler, for what lies outside of what is reported
  double second_count = 0;  // of the second set, if HistogramSpec::series names two
};

// Positions on the x axis are in columns: 0 is the left edge of the first, 0.5 its middle.
struct AxisMark {
  double position = 0;
  std::string text;
};

struct HistogramSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::string x_label = {}, y_label = {};
  std::string y_unit = {};               // behind the numbers of the y axis
  bool log_counts = false;               // a logarithmic y axis, for counts from 1 to very many
  std::vector<std::string> series = {};  // names of the two sets, if there are two
  std::vector<HistogramColumn> columns = {};
  std::vector<AxisMark> ticks = {};
  std::optional<AxisMark> marker = {};  // a dashed line: a mean, a threshold
};

// `width` in pixels, at least 200; `height` of the whole chart.
Chart histogram_chart(const HistogramSpec& spec, double width, double height = 280);

}  // namespace pretag
