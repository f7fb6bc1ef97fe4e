// A chart: drawn once, shown as SVG in report.html, and written to plots/ as SVG and PNG.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pretag/report/canvas.h"
#include "pretag/util/result.h"

namespace pretag {

struct Chart {
  std::string name;         // of the files in plots/, and data-chart in the page
  std::string title;        // drawn only where the chart stands alone
  std::string subtitle;     // one line below it
  std::string description;  // what it shows, in words, for those who cannot see it
  double width = 0, height = 0;
  Drawing draw;  // has no title and no background
};

// For inlining into HTML: no title, no background.
std::string inline_svg(const Chart& chart);

// On their own: with title and background. The SVG is a complete file.
std::string svg_file(const Chart& chart);
Result<std::vector<std::byte>> png_file(const Chart& chart, double scale = 2);

// Steps of 1, 2 or 5 times a power of ten from 0 to at least `maximum`, about `wanted` of them; whole numbers only.
std::vector<double> axis_ticks(double maximum, int wanted);

}  // namespace pretag
