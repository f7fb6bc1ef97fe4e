// One row a class, with small histograms beside its name: many distributions that fit on one page.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct ClassRow {
  std::string label;
  Color color;
  std::vector<std::vector<int64_t>> histograms;  // one a heading; each is drawn in the full height of the row
};

struct ClassRowsSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::vector<std::string> headings = {};
  std::vector<std::pair<std::string, std::string>> axes = {};  // what the left and the right end mean, one a heading
  std::vector<ClassRow> rows = {};
};

// `width` in pixels, at least 200.
Chart class_rows_chart(const ClassRowsSpec& spec, double width);

}  // namespace pretag
