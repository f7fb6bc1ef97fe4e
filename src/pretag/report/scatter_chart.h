// Dots of one set, or of a set and its highlighted part.
#pragma once

#include <string>
#include <vector>

#include "pretag/report/chart.h"

namespace pretag {

struct ScatterSeries {
  std::string name;
  std::vector<Point> points;  // in units of their own; y grows upwards
  Paint paint = Tone::kAccent;
  double diameter = 4;  // pixels
};

struct ScatterSpec {
  std::string name = {}, title = {}, subtitle = {}, description = {};
  std::string x_label = {}, y_label = {};
  std::vector<ScatterSeries> series = {};  // drawn in this order, the last on top
};

// Both axes have the same scale; they carry no numbers, since the units mean nothing. `width` in pixels, at least 200.
Chart scatter_chart(const ScatterSpec& spec, double width);

}  // namespace pretag
