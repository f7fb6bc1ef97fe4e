#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

// Drawn for the width it gets: the whole page, or half of it beside another one.
std::string chart_figure(const MakeChart& make_chart, const ReportModel& model, bool whole_width) {
  const double width = whole_width ? kPlotWidth : 400;
  const Chart chart = make_chart(model, width);
  return fmt::format("<figure class=\"panel{}\"><h3>{}</h3>{}<figcaption>{}.</figcaption></figure>",
                     whole_width ? " whole" : "", escape_markup(chart.title), html_chart(make_chart, model, width, 330),
                     escape_markup(chart.subtitle));
}

std::string quality_row(std::string_view name, std::string_view hint, const NumericSummary& summary, int decimals) {
  if (summary.count == 0) return {};
  std::string html = fmt::format("<tr><th scope=\"row\">{}<span class=\"hint\">{}</span></th>", name, hint);
  for (const double value : {summary.min, summary.p05, summary.median, summary.mean, summary.p95, summary.max})
    html += fmt::format("<td class=\"number\">{}</td>", format_decimal(value, decimals));
  return html + "</tr>";
}

std::string quality_table(const ObjectStatistics& all) {
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of image properties\">"
      "<table id=\"quality-table\"><caption>The images themselves</caption><thead><tr><th scope=\"col\">Property</th>";
  for (const std::string_view heading : {"Lowest", "5 %", "Median", "Mean", "95 %", "Highest"})
    html += fmt::format("<th scope=\"col\" class=\"number\">{}</th>", heading);
  html += "</tr></thead><tbody>";
  html += quality_row("Brightness", "CIE L*, 0 to 100", all.luminance, 1);
  html += quality_row("Sharpness", "deviation of the Laplacian", all.sharpness, 1);
  html += quality_row("Signal to noise", "mean over deviation", all.snr, 2);
  html += quality_row("Size", "megapixels", all.megapixels, 2);
  return html + "</tbody></table></div>";
}

}  // namespace

std::string html_distributions(const ReportModel& model) {
  if (model.input.images == 0) return {};
  int64_t detections = 0;
  for (const ClassStatistics& entry : model.input.classes)
    for (const int64_t count : entry.score_histogram) detections += count;
  std::string html = "<div class=\"panels\">" + chart_figure(objects_per_image_histogram, model, true);
  if (detections > 0) html += chart_figure(score_histogram, model, false);
  if (model.input.objects > 0) html += chart_figure(box_size_histogram, model, false);
  return html + "</div>" + quality_table(model.input);
}

}  // namespace pretag
