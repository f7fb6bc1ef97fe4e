// A square table of shares, as colours: how strongly each row goes together with each column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct HeatMapCell {
  std::optional<double> share;  // 0..1; nothing: left blank, as on the diagonal
  std::string hover;
};

struct HeatMapSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::vector<std::string> labels = {};              // of the rows and of the columns
  std::vector<std::vector<HeatMapCell>> cells = {};  // labels.size() squared
};

// `width` in pixels, at least 200. Cells grow with it up to a size that is easy to read; numbers are written into those
// that are large enough.
Chart heat_map(const HeatMapSpec& spec, double width);

}  // namespace pretag
