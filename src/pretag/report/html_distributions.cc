#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

std::string quality_row(std::string_view name, std::string_view hint, const NumericSummary& summary, int decimals) {
  if (summary.count == 0) return {};
  std::string html = fmt::format("<tr><th scope=\"row\">{}<span class=\"hint\">{}</span></th>", name, hint);
  for (const double value : {summary.min, summary.p05, summary.median, summary.mean, summary.p95, summary.max})
    html += fmt::format("<td class=\"number\">{}</td>", format_decimal(value, decimals));
  return html + "</tr>";
}

std::string quality_table(const ObjectStatistics& all, std::string_view id, std::string_view caption) {
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of image properties\">"
      "<table id=\"{}\"><caption>{}</caption><thead><tr><th scope=\"col\">Property</th>",
      id, caption);
  for (const std::string_view heading : {"Lowest", "5 %", "Median", "Mean", "95 %", "Highest"})
    html += fmt::format("<th scope=\"col\" class=\"number\">{}</th>", heading);
  html += "</tr></thead><tbody>";
  html += quality_row("Brightness", "CIE L*, 0 to 100", all.luminance, 1);
  html += quality_row("Sharpness", "deviation of the Laplacian", all.sharpness, 1);
  html += quality_row("Signal to noise", "mean over deviation", all.snr, 2);
  html += quality_row("Size", "megapixels", all.megapixels, 2);
  return html + "</tbody></table></div>";
}

std::string quality_tables(const ReportModel& model) {
  if (!model.selected || model.selected->images == 0)
    return quality_table(model.input, "quality-table", "The images themselves");
  return quality_table(model.input, "quality-table", "All images") +
         quality_table(*model.selected, "selected-quality-table", "The selected images");
}

}  // namespace

std::string html_distributions(const ReportModel& model) {
  if (model.input.images == 0) return {};
  const bool by_class = model.input.classes.size() > 1;
  std::string html = "<div class=\"panels\">";
  if (looked_for_objects(model)) html += html_chart_panel(objects_per_image_histogram, model, true);
  if (has_detections(model)) html += html_chart_panel(score_histogram, model, false);
  if (has_objects(model)) html += html_chart_panel(box_size_histogram, model, false);
  if (has_objects(model) && by_class) html += html_chart_panel(class_distributions, model, true);
  html += html_chart_panel(brightness_histogram, model, false) + html_chart_panel(sharpness_histogram, model, false);
  return html + "</div>" + quality_tables(model);
}

}  // namespace pretag
