// The sections of report.html. A further one is a function here, a file html_<name>.cc, and a line in html_report.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pretag/report/plots.h"
#include "pretag/report/report_model.h"

namespace pretag {

// Each returns the inside of its <section>, without a heading; empty if there is nothing to show.
std::string html_summary(const ReportModel& model);
std::string html_classes(const ReportModel& model);
std::string html_examples(const ReportModel& model);
std::string html_distributions(const ReportModel& model);
std::string html_failures(const ReportModel& model);
std::string html_model(const ReportModel& model);
std::string html_run(const ReportModel& model);

// What the sections share.

// A chart drawn twice, for wide and for narrow windows; the style sheet shows one of them.
std::string html_chart(const MakeChart& make_chart, const ReportModel& model, double wide = kPlotWidth,
                       double narrow = 330);
// <dl> of the facts that are not empty. Keys and values are text.
std::string html_facts(const std::vector<std::pair<std::string, std::string>>& facts);
// A file name: shortened in the middle if it is very long, and kept from turning the text around it the other way.
std::string html_filename(std::string_view filename);

}  // namespace pretag
