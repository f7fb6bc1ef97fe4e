// The charts of a report. plots() is the list: a further chart is one function here and one line there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pretag/report/chart.h"
#include "pretag/report/report_model.h"

namespace pretag {

inline constexpr double kPlotWidth = 860;  // of the files in plots/; report.html asks for others too

// Objects a class, the most frequent first; grouped before/after once there is a selection.
Chart pretagging_histogram(const ReportModel& model, double width);
// Images by the number of objects in them, with the mean.
Chart objects_per_image_histogram(const ReportModel& model, double width);
// Every detection by its score, with the threshold.
Chart score_histogram(const ReportModel& model, double width);
// Objects by the share of the image that their box covers.
Chart box_size_histogram(const ReportModel& model, double width);

using MakeChart = std::function<Chart(const ReportModel& model, double width)>;
const std::vector<MakeChart>& plots();

}  // namespace pretag
