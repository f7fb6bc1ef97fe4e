// The sections of report.html. A further one is a function here, a file html_<name>.cc, and a line in html_report.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pretag/report/palette.h"
#include "pretag/report/plots.h"
#include "pretag/report/report_model.h"

namespace pretag {

// Each returns the inside of its <section>, without a heading; empty if there is nothing to show.
std::string html_summary(const ReportModel& model);
std::string html_selection(const ReportModel& model);
std::string html_objects(const ReportModel& model);
std::string html_videos(const ReportModel& model);
std::string html_classes(const ReportModel& model);
std::string html_rare(const ReportModel& model);
std::string html_examples(const ReportModel& model);
std::string html_distributions(const ReportModel& model);
std::string html_embeddings(const ReportModel& model);
std::string html_pairs(const ReportModel& model);
std::string html_similar(const ReportModel& model);
std::string html_duplicates(const ReportModel& model);
std::string html_failures(const ReportModel& model);
std::string html_model(const ReportModel& model);
std::string html_run(const ReportModel& model);

// What the sections share.

// A chart drawn twice, for wide and for narrow windows; the style sheet shows one of them.
std::string html_chart(const MakeChart& make_chart, const ReportModel& model, double wide = kPlotWidth,
                       double narrow = 330);
// The same as a panel with the chart's title and subtitle; `whole` as wide as the page, else half.
std::string html_chart_panel(const MakeChart& make_chart, const ReportModel& model, bool whole);
// A table that scrolls sideways where it does not fit. The first column of a row is its heading, text-aligned; numeric
// columns sort by `sort_value`.
struct HtmlColumn {
  std::string label, hint = {};
  bool is_number = false;
};
struct HtmlCell {
  std::string html;       // already escaped
  double sort_value = 0;  // of numeric columns
};
std::string html_table(std::string_view id, std::string_view caption, const std::vector<HtmlColumn>& columns,
                       const std::vector<std::vector<HtmlCell>>& rows, bool sortable = true);
// A picture with boxes laid over it, in a frame that scripts enlarge; see html_examples.cc.
std::string html_overlay(const DebugImage& image, const Palette& palette);
// <dl> of the facts that are not empty. Keys and values are text.
std::string html_facts(const std::vector<std::pair<std::string, std::string>>& facts);
// A file name: shortened in the middle if it is very long, and kept from turning the text around it the other way.
std::string html_filename(std::string_view filename);

}  // namespace pretag
