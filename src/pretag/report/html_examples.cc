#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "pretag/report/debug_image.h"
#include "pretag/report/html_report.h"
#include "pretag/report/html_sections.h"
#include "pretag/report/svg_canvas.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

// What is left of 5 MB when tables, charts and the small pictures of other sections are at their largest.
constexpr size_t kMostGalleryBytes = 2'000'000;
// A filter never needs more names than a menu can hold.
constexpr size_t kMostMenuEntries = 200;

using ClassCounts = std::vector<std::pair<std::string, int64_t>>;  // most frequent first

ClassCounts counts_by_class(const DebugImage& image) {
  std::map<std::string, int64_t> counts;
  for (const Detection& detection : image.detections) ++counts[detection.label];
  ClassCounts sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater(), &ClassCounts::value_type::second);
  return sorted;
}

// "car × 3, person × 1"; "no objects".
std::string spell_out(const ClassCounts& counts) {
  std::string text;
  for (const auto& [label, count] : counts) text += fmt::format("{}{} × {}", text.empty() ? "" : ", ", label, count);
  return text.empty() ? "no objects" : text;
}

// The same as a legend: small pictures show boxes without names.
std::string legend(const ClassCounts& counts, const Palette& palette) {
  std::string html;
  for (const auto& [label, count] : counts)
    html += fmt::format("<span><span class=\"swatch\" style=\"background:{}\"></span><bdi>{}</bdi> × {}</span> ",
                        to_hex(palette.color(label)), escape_markup(label), count);
  return html.empty() ? "no objects" : html;
}

std::string example(const DebugImage& image, const Palette& palette) {
  const ClassCounts counts = counts_by_class(image);
  const std::string name = escape_markup(shorten_middle(image.filename, 240));
  const std::string contents = escape_markup(spell_out(counts));
  // Taller than the frame, which is 4 : 3; see .picture in the style sheet.
  const char* tall = image.width * 3 < image.height * 4 ? " tall" : "";
  return fmt::format(
      "<figure class=\"example\" data-filename=\"{full_name}\">"
      "<button type=\"button\" class=\"frame\" aria-label=\"Enlarge {name}\">"
      "<span class=\"picture{tall}\" style=\"aspect-ratio:{width}/{height}\">"
      "<img alt=\"{name}: {contents}\" src=\"data:image/jpeg;base64,{jpeg}\">{boxes}</span></button>"
      "<figcaption>{caption}<span class=\"contents\">{legend}</span></figcaption></figure>",
      fmt::arg("full_name", escape_markup(image.filename)), fmt::arg("name", name), fmt::arg("contents", contents),
      fmt::arg("tall", tall), fmt::arg("width", image.width), fmt::arg("height", image.height),
      fmt::arg("jpeg", base64(image.preview_jpeg)), fmt::arg("boxes", html_overlay(image, palette)),
      fmt::arg("legend", legend(counts, palette)), fmt::arg("caption", html_filename(image.filename)));
}

std::string controls(const ReportModel& model) {
  std::map<std::string, int64_t> pictures;  // a class: how many pictures show it
  for (const DebugImage& image : model.debug_images)
    for (const auto& [label, count] : counts_by_class(image)) ++pictures[label];
  std::string options = "<option value=\"\">All classes</option>";
  size_t entries = 0;
  for (const auto& [label, count] : pictures)
    if (++entries <= kMostMenuEntries)
      options += fmt::format("<option value=\"{0}\">{0} ({1})</option>", escape_markup(label), count);
  return fmt::format(
      "<form id=\"example-filter\" class=\"controls\" aria-label=\"Filter the examples\">"
      "<label>Class <select id=\"filter-class\" name=\"class\">{}</select></label>"
      "<label>Score at least <input id=\"filter-score\" name=\"score\" type=\"range\" min=\"0\" max=\"1\" "
      "step=\"0.01\" "
      "value=\"{:.2f}\"><output id=\"filter-score-value\" for=\"filter-score\">{:.2f}</output></label>"
      "<p id=\"filter-status\" role=\"status\"></p></form>",
      options, model.model.score_threshold, model.model.score_threshold);
}

constexpr std::string_view kLightbox =
    "<dialog id=\"lightbox\" tabindex=\"-1\" aria-label=\"Enlarged example\"><div class=\"stage\"></div>"
    "<div class=\"bar\"><button type=\"button\" data-step=\"-1\" aria-label=\"Previous picture\">←</button>"
    "<p class=\"caption\"></p>"
    "<button type=\"button\" data-step=\"1\" aria-label=\"Next picture\">→</button>"
    "<button type=\"button\" data-close aria-label=\"Close\">✕</button></div></dialog>";

}  // namespace

std::string html_overlay(const DebugImage& image, const Palette& palette) {
  const DetectionLayout layout = drawn_layout(image);
  SvgCanvas canvas;
  draw_detections(canvas, layout, palette);
  return fmt::format(
      "<svg class=\"boxes\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg>",
      layout.width, layout.height, canvas.elements());
}

std::string html_examples(const ReportModel& model) {
  if (model.debug_images.empty() && model.debug_images_unavailable == 0) return {};
  const Palette palette = palette_of(model);
  const bool any_objects =
      std::ranges::any_of(model.debug_images, [](const DebugImage& image) { return !image.detections.empty(); });
  std::string html = any_objects
                         ? "<p class=\"lead\">The best-scored example of every class, the rarest first, then pictures "
                           "from all over the input.</p>"
                         : "<p class=\"lead\">Pictures from all over the input.</p>";
  if (model.debug_images_unavailable > 0)
    html += fmt::format("<p class=\"hint\">{} could not be opened again to be shown here.</p>",
                        format_counted(model.debug_images_unavailable, "further picture", "further pictures"));
  if (model.debug_images.empty()) return html;
  if (any_objects) html += controls(model);
  std::string gallery;
  size_t shown = 0;
  for (const DebugImage& image : model.debug_images) {
    const std::string next = example(image, palette);
    if (shown == kMostEmbeddedImages || gallery.size() + next.size() > kMostGalleryBytes) break;
    gallery += next;
    ++shown;
  }
  if (shown < model.debug_images.size())
    html += fmt::format("<p class=\"hint\">{} of {}; data/bounding_boxes_examples holds all of them.</p>", shown,
                        format_counted(static_cast<int64_t>(model.debug_images.size()), "picture", "pictures"));
  html += "<div class=\"gallery\" id=\"gallery\">" + gallery + "</div>";
  return html.append(kLightbox);
}

}  // namespace pretag
