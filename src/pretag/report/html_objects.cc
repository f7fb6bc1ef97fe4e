#include <fmt/format.h>

#include "pretag/data/object_crop.h"
#include "pretag/report/html_sections.h"
#include "pretag/report/svg_canvas.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

std::string class_table(const ReportObjects& objects, const Palette& palette) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const ObjectSelection::Class& entry : objects.classes) {
    const double before = objects.share_of_inputs(entry.inputs), after = objects.share_of_selected(entry.selected);
    rows.push_back({{fmt::format("<span class=\"swatch\" style=\"background:{}\"></span><bdi>{}</bdi>",
                                 to_hex(palette.color(entry.name)), escape_markup(entry.name))},
                    {format_count(entry.inputs), static_cast<double>(entry.inputs)},
                    {escape_markup(format_share(before)), before},
                    {format_count(entry.selected), static_cast<double>(entry.selected)},
                    {escape_markup(format_share(after)), after}});
  }
  return html_table("object-table", "Objects by class, before and after the selection",
                    {{"Class"},
                     {"All objects", "", true},
                     {"Share", "of all", true},
                     {"Selected", "", true},
                     {"Share", "of the selected", true}},
                    rows);
}

std::string crop_figure(const ReportCrop& crop, const std::string& task, const Palette& palette) {
  const SelectedObject& object = crop.object;
  return fmt::format(
      "<figure class=\"crop\" data-crop=\"{}\"><span><img alt=\"{} in {}\" width=\"{}\" height=\"{}\" "
      "src=\"data:image/jpeg;base64,{}\"></span><figcaption><span class=\"swatch\" style=\"background:{}\"></span>"
      "<bdi>{}</bdi> {}<br>{}</figcaption></figure>",
      escape_markup(crop_name(object.filename, task, object.index)), escape_markup(object.label),
      escape_markup(shorten_middle(object.filename, 240)), crop.picture.width, crop.picture.height,
      base64(crop.picture.jpeg), to_hex(palette.color(object.label)), escape_markup(object.label),
      format_decimal(static_cast<double>(object.score)), html_filename(object.filename));
}

}  // namespace

std::string html_objects(const ReportModel& model) {
  if (!model.selection || !model.selection->objects) return {};
  const ReportObjects& objects = *model.selection->objects;
  const Palette palette = palette_of(model);
  std::string html = fmt::format(
      "<p class=\"lead\">Objects of <bdi>{}</bdi> were selected, and the images that hold them. "
      "data/selection.json has them all, with their boxes.</p>",
      escape_markup(objects.task));
  if (has_selected_objects(model)) {
    html += fmt::format(
        "<figure class=\"panel\">{}<figcaption>The objects by class, all and the selected ones; bars are shares."
        "</figcaption></figure>",
        html_chart(selected_objects_histogram, model));
  }
  html += class_table(objects, palette);
  if (model.crops.empty()) return html;
  const auto shown = static_cast<int64_t>(model.crops.size());
  html += fmt::format("<h3 class=\"crops-heading\">{}</h3><div class=\"crops\" id=\"crops\">",
                      shown == objects.selected ? std::string("In the order they were chosen")
                                                : fmt::format("The first {} that were chosen", format_count(shown)));
  for (const ReportCrop& crop : model.crops) html += crop_figure(crop, objects.task, palette);
  return html + "</div>";
}

}  // namespace pretag
