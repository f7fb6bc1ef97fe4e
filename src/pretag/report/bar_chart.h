// Horizontal bars with a name at the left and the value at the right: one bar a name, or a group (before and after).
#pragma once

#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct BarValue {
  double value = 0;   // sets the length; >= 0, all on one scale
  std::string text;   // written behind the bar
  std::string hover;  // shown on hover in SVG
};

struct BarRow {
  std::string label;  // as long as it likes: it is cut to fit
  Color color;
  std::vector<BarValue> values;  // one a series
};

struct BarChartSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::vector<std::string> series = {};  // names for the legend, which is drawn if there are several
  std::vector<BarRow> rows = {};
  double full_length = 0;  // the value of the longest bar possible; 0: the largest one that there is
};

// One row or a hundred: the rows get thinner and the chart taller. `width` in pixels, at least 200.
Chart bar_chart(const BarChartSpec& spec, double width);

}  // namespace pretag
