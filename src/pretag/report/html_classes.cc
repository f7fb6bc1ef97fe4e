#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pretag/report/html_sections.h"
#include "pretag/report/palette.h"
#include "pretag/report/svg_canvas.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

constexpr size_t kShowEmptyClassesUpTo = 12;  // as the chart does

// The scores of one class, from 0 to 1, in the size of a word.
std::string sparkline(const ClassStatistics& entry, Color color) {
  constexpr double kBarWidth = 4, kHeight = 18;
  const int64_t largest = std::max<int64_t>(*std::ranges::max_element(entry.score_histogram), 1);
  SvgCanvas canvas;
  for (size_t i = 0; i < entry.score_histogram.size(); ++i) {
    const double height = kHeight * static_cast<double>(entry.score_histogram[i]) / static_cast<double>(largest);
    if (height > 0)
      canvas.fill(
          {static_cast<double>(i) * kBarWidth, kHeight - std::max(height, 1.0), kBarWidth - 1, std::max(height, 1.0)},
          color, 0);
  }
  canvas.line(0, kHeight + 0.5, kScoreBins * kBarWidth, kHeight + 0.5, Tone::kGrid, 1, false);
  return fmt::format(
      "<svg class=\"chart spark\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" aria-hidden=\"true\">{}</svg>",
      kScoreBins * kBarWidth, kHeight + 1, kScoreBins * kBarWidth, kHeight + 1, canvas.elements());
}

std::string number_cell(double sort_value, const std::string& text) {
  return fmt::format("<td class=\"number\" data-value=\"{}\">{}</td>", sort_value, escape_markup(text));
}

std::string count_cell(int64_t count) { return number_cell(static_cast<double>(count), format_count(count)); }

// How many of a class were selected, their share, and by how much that differs from the share in all images.
std::string selected_cells(const ClassStatistics& entry, const ObjectStatistics& all,
                           const ObjectStatistics& selected) {
  const int64_t objects = selected.objects_of(entry.name);
  const double share = selected.share_of_objects(objects);
  const double points = 100 * (share - all.share_of_objects(entry.objects));
  return count_cell(objects) + number_cell(share, format_share(share)) +
         number_cell(points, selected.objects > 0 ? fmt::format("{:+.1f}", points) : "–");
}

std::string class_row(const ClassStatistics& entry, const ReportModel& model, Color color) {
  const ObjectStatistics& all = model.input;
  const std::string name = escape_markup(entry.name);
  std::string html = fmt::format(
      "<tr data-class=\"{0}\"><th scope=\"row\" data-value=\"{0}\"><span class=\"swatch\" "
      "style=\"background:{1}\"></span>"
      "<bdi>{0}</bdi></th>",
      name, to_hex(color));
  html += count_cell(entry.objects);
  html += number_cell(all.share_of_objects(entry.objects), format_share(all.share_of_objects(entry.objects)));
  if (model.selected) html += selected_cells(entry, all, *model.selected);
  html += count_cell(entry.images);
  html += number_cell(all.per_image(entry.objects), format_decimal(all.per_image(entry.objects)));
  html += number_cell(entry.mean_score, entry.objects > 0 ? format_decimal(entry.mean_score) : "–");
  html += "<td class=\"spark-cell\">" + sparkline(entry, color) + "</td>";
  html += count_cell(entry.sizes.small) + count_cell(entry.sizes.medium) + count_cell(entry.sizes.large);
  return html + "</tr>";
}

std::string table_head(bool has_selection) {
  struct Column {
    std::string_view label, hint;
    bool sortable = true, of_selection = false;
  };
  constexpr Column kColumns[] = {{"Class", ""},
                                 {"Objects", ""},
                                 {"Share", "of all objects"},
                                 {"Selected", "objects in the selected images", true, true},
                                 {"Share after", "of the objects in the selected images", true, true},
                                 {"Change", "of the share, in percentage points", true, true},
                                 {"Images", "with at least one"},
                                 {"Per image", "objects per image, on average over all images"},
                                 {"Mean score", ""},
                                 {"Scores", "from 0 to 1, all detections", false},
                                 {"Small", "below 32² pixels"},
                                 {"Medium", "below 96² pixels"},
                                 {"Large", "96² pixels and more"}};
  std::string html = "<thead><tr>";
  for (const Column& column : kColumns) {
    if (column.of_selection && !has_selection) continue;
    const bool is_number = column.label != "Class" && column.sortable;
    html += fmt::format("<th scope=\"col\"{}{}{}>",
                        is_number         ? " class=\"number\""
                        : column.sortable ? ""
                                          : " class=\"spark-cell\"",
                        column.hint.empty() ? "" : fmt::format(" title=\"{}\"", column.hint),
                        column.label == "Objects" ? " aria-sort=\"descending\"" : "");
    html += column.sortable ? fmt::format("<button type=\"button\" class=\"sort\">{}</button></th>", column.label)
                            : fmt::format("{}</th>", column.label);
  }
  return html + "</tr></thead>";
}

std::string class_table(const ReportModel& model) {
  const ObjectStatistics& all = model.input;
  const Palette palette = palette_of(model);
  std::vector<const ClassStatistics*> classes;
  for (const ClassStatistics& entry : all.classes) classes.push_back(&entry);
  std::ranges::stable_sort(classes, [](const auto* a, const auto* b) { return a->objects > b->objects; });
  std::string rows, missing;
  for (const ClassStatistics* entry : classes) {
    if (entry->objects > 0 || classes.size() <= kShowEmptyClassesUpTo)
      rows += class_row(*entry, model, palette.color(entry->name));
    else
      missing += (missing.empty() ? "" : ", ") + escape_markup(entry->name);
  }
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of classes\">"
      "<table id=\"class-table\" class=\"sortable\"><caption>Objects by class</caption>" +
      table_head(model.selected.has_value()) + "<tbody>" + rows + "</tbody></table></div>";
  if (!missing.empty())
    html += "<details class=\"missing\"><summary>Classes without any object</summary><p>" + missing + "</p></details>";
  return html;
}

}  // namespace

std::string html_classes(const ReportModel& model) {
  if (model.input.images == 0 || model.input.classes.empty()) return {};
  const ObjectStatistics& all = model.input;
  std::string html;
  if (all.objects > 0) {
    html += fmt::format(
        "<p class=\"lead\"><strong>{}</strong> in {}, <strong>{}</strong> per image on average.</p>"
        "<figure class=\"panel\">{}<figcaption>Objects per class, with their share of all "
        "objects{}.</figcaption></figure>",
        format_counted(all.objects, "object", "objects"), format_counted(all.images, "image", "images"),
        format_decimal(all.mean_objects_per_image()), html_chart(pretagging_histogram, model),
        model.selected ? ", in all images and in the selected ones; bars are shares" : "");
  }
  html += class_table(model);
  if (has_class_pairs(model))
    html += "<div class=\"panels spaced\">" + html_chart_panel(class_cooccurrence, model, true) + "</div>";
  return html;
}

}  // namespace pretag
