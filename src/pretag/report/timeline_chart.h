// One strip a row, as long as what it stands for, with marks on it.
#pragma once

#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct TimelineRow {
  std::string label;          // as long as it likes: it is cut to fit
  double length = 0;          // > 0, all on one scale
  std::vector<double> marks;  // positions, 0 to length; however many
  std::string text;           // written behind the strip
};

struct TimelineSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::string x_label = {};
  std::vector<TimelineRow> rows = {};
};

// Marks that fall on the same place are drawn once. `width` in pixels, at least 200.
Chart timeline_chart(const TimelineSpec& spec, double width);

}  // namespace pretag
