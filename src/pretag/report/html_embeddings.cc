#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

std::string thumbnail(const Thumbnail& picture, std::string_view filename, std::string_view role) {
  const std::string content =
      picture.jpeg.empty()
          ? "<span class=\"missing-picture\">could not be opened again</span>"
          : fmt::format("<img alt=\"{}\" width=\"{}\" height=\"{}\" src=\"data:image/jpeg;base64,{}\">",
                        escape_markup(shorten_middle(filename, 240)), picture.width, picture.height,
                        base64(picture.jpeg));
  return fmt::format("<div class=\"side\"><span class=\"role\">{}</span>{}{}</div>", role, content,
                     html_filename(filename));
}

std::string pair_figure(const ExamplePair& pair) {
  return fmt::format(
      "<figure class=\"pair\" data-removed=\"{}\" data-kept=\"{}\"><div class=\"sides\">{}{}</div>"
      "<figcaption>Distance {}</figcaption></figure>",
      escape_markup(pair.images.removed), escape_markup(pair.images.kept),
      thumbnail(pair.kept, pair.images.kept, "Selected"), thumbnail(pair.removed, pair.images.removed, "Left out"),
      format_decimal(pair.images.distance, 3));
}

std::string rare_picture(const DebugImage& image, const Palette& palette) {
  const char* tall = image.width * 3 < image.height * 4 ? " tall" : "";
  return fmt::format(
      "<figure class=\"rare\" data-filename=\"{0}\"><span class=\"frame still\"><span class=\"picture{1}\" "
      "style=\"aspect-ratio:{2}/{3}\"><img alt=\"{0}\" src=\"data:image/jpeg;base64,{4}\">{5}</span></span>"
      "<figcaption>{6}</figcaption></figure>",
      escape_markup(shorten_middle(image.filename, 240)), tall, image.width, image.height, base64(image.preview_jpeg),
      html_overlay(image, palette), html_filename(image.filename));
}

std::string map_tile(const MapTile& tile, bool has_selection) {
  std::string title = fmt::format("{}, in the middle of {}", shorten_middle(tile.filename, 240),
                                  format_counted(tile.images, "drawn image", "drawn images"));
  std::string bar;
  if (has_selection) {
    title += fmt::format(", {} of them selected", format_count(tile.selected));
    bar = fmt::format("<i style=\"width:{:.0f}%\"></i>", 100 * tile.selected_share());
  }
  return fmt::format(
      "<span class=\"tile\" style=\"grid-area:{}/{}\" title=\"{}\" data-filename=\"{}\"><img alt=\"{}\" "
      "src=\"data:image/jpeg;base64,{}\">{}</span>",
      tile.row + 1, tile.column + 1, escape_markup(title), escape_markup(tile.filename),
      escape_markup(shorten_middle(tile.filename, 240)), base64(tile.picture.jpeg), bar);
}

// What is in the map of dots, in pictures.
std::string map_panel(const ReportModel& model) {
  if (model.map.tiles.empty()) return {};
  std::string html = fmt::format(
      "<figure class=\"panel whole\" id=\"picture-map\"><h3>The same in pictures</h3>"
      "<div class=\"mosaic\" style=\"grid-template-columns:repeat({},1fr)\">",
      model.map.columns);
  const bool has_selection = model.selection.has_value();
  for (const MapTile& tile : model.map.tiles) html += map_tile(tile, has_selection);
  return html + fmt::format("</div><figcaption>{}</figcaption></figure>", picture_map_caption(has_selection));
}

}  // namespace

std::string html_embeddings(const ReportModel& model) {
  if (!has_embeddings(model)) return {};
  const EmbeddingStatistics& embeddings = model.embeddings;
  std::string html = "<div class=\"panels\">" + html_chart_panel(scatter_umap, model, true) + map_panel(model);
  html += html_chart_panel(scatter_pca, model, true);
  html += html_chart_panel(distance_distr_before, model, false);
  if (!embeddings.selected_distances.counts.empty()) html += html_chart_panel(distance_distr_after, model, false);
  if (embeddings.measured > 0) html += html_chart_panel(distance_to_selected, model, true);
  return html + "</div>";
}

std::string html_pairs(const ReportModel& model) {
  if (model.example_pairs.empty()) return {};
  std::string html =
      "<p class=\"lead\">Images that were left out, each beside the selected one that is most like it: from the most "
      "similar pair to the least.</p><div class=\"pairs\">";
  constexpr size_t kMostBytes = 700'000;
  std::string figures;
  size_t shown = 0;
  for (const ExamplePair& pair : model.example_pairs) {
    const std::string next = pair_figure(pair);
    if (figures.size() + next.size() > kMostBytes) break;
    figures += next;
    ++shown;
  }
  html += figures + "</div>";
  if (shown == model.example_pairs.size()) return html;
  return html + fmt::format("<p class=\"hint\">{} of {} pairs; report.pdf shows all of them.</p>", shown,
                            model.example_pairs.size());
}

std::string html_similar(const ReportModel& model) {
  if (model.embeddings.similar_pairs.empty()) return {};
  const bool has_selection = model.selection.has_value();
  std::vector<HtmlColumn> columns = {{"Image"}, {"Is like"}, {"Distance", "0 is equal, 2 as far as can be", true}};
  if (has_selection) columns.push_back({"Selected"});
  std::vector<std::vector<HtmlCell>> rows;
  for (const SimilarPair& pair : model.embeddings.similar_pairs) {
    rows.push_back(
        {{html_filename(pair.first)}, {html_filename(pair.second)}, {format_decimal(pair.distance, 4), pair.distance}});
    if (has_selection)
      rows.back().push_back({pair.first_selected && pair.second_selected ? "both"
                             : pair.first_selected                       ? "the first"
                             : pair.second_selected                      ? "the second"
                                                                         : "none"});
  }
  return "<p class=\"lead\">The smallest distances among neighbours in the order of names and in a sample of all "
         "images. Exact duplicates are not among them.</p>" +
         html_table("similar-table", "Images that look most alike", columns, rows);
}

std::string html_rare(const ReportModel& model) {
  if (model.rare_classes.empty()) return {};
  const Palette palette = palette_of(model);
  std::string html =
      "<p class=\"lead\">The classes with the fewest objects, and where the model is surest of them.</p>";
  for (const RareClass& rare : model.rare_classes) {
    const int64_t objects = model.input.objects_of(rare.name);
    std::string counts = format_counted(objects, "object", "objects");
    if (const std::string chosen = selected_of_class(model, rare.name); !chosen.empty()) counts += ", " + chosen;
    html += fmt::format(
        "<h3 data-rare-class=\"{0}\"><span class=\"swatch\" style=\"background:{1}\"></span><bdi>{0}</bdi> "
        "<span class=\"hint\">{2}</span></h3><div class=\"gallery small\">",
        escape_markup(rare.name), to_hex(palette.color(rare.name)), counts);
    for (const DebugImage& picture : rare.pictures) html += rare_picture(picture, palette);
    html += "</div>";
  }
  return html;
}

}  // namespace pretag
