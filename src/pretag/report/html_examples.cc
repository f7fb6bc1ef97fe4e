#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pretag/report/debug_image.h"
#include "pretag/report/html_report.h"
#include "pretag/report/html_sections.h"
#include "pretag/report/svg_canvas.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

// A filter never needs more names than a menu can hold.
constexpr size_t kMostMenuEntries = 200;

std::map<std::string, int64_t> counts_by_class(const DebugImage& image) {
  std::map<std::string, int64_t> counts;
  for (const Detection& detection : image.detections) ++counts[detection.label];
  return counts;
}

// "3 car, 1 person"; "no objects".
std::string spell_out(const DebugImage& image) {
  std::string text;
  for (const auto& [label, count] : counts_by_class(image))
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, label);
  return text.empty() ? "no objects" : text;
}

std::string overlay(const DebugImage& image, const Palette& palette) {
  const DetectionLayout layout = drawn_layout(image);
  SvgCanvas canvas;
  draw_detections(canvas, layout, palette);
  return fmt::format(
      "<svg class=\"boxes\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg>",
      layout.width, layout.height, canvas.elements());
}

std::string example(const DebugImage& image, const Palette& palette) {
  const std::string name = escape_markup(shorten_middle(image.filename, 240)),
                    contents = escape_markup(spell_out(image));
  return fmt::format(
      "<figure class=\"example\" data-filename=\"{0}\">"
      "<button type=\"button\" class=\"frame\" aria-label=\"Enlarge {0}\" style=\"aspect-ratio:{1}/{2}\">"
      "<img alt=\"{0}: {3}\" decoding=\"async\" src=\"data:image/jpeg;base64,{4}\">{5}</button>"
      "<figcaption>{6}<span class=\"contents\">{3}</span></figcaption></figure>",
      name, image.width, image.height, contents, base64(image.preview_jpeg), overlay(image, palette),
      html_filename(image.filename));
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
    "<dialog id=\"lightbox\" aria-label=\"Enlarged example\"><div class=\"stage\"></div>"
    "<div class=\"bar\"><button type=\"button\" data-step=\"-1\" aria-label=\"Previous picture\">←</button>"
    "<p class=\"caption\"></p>"
    "<button type=\"button\" data-step=\"1\" aria-label=\"Next picture\">→</button>"
    "<button type=\"button\" data-close aria-label=\"Close\">✕</button></div></dialog>";

}  // namespace

std::string html_examples(const ReportModel& model) {
  if (model.debug_images.empty() && model.debug_images_unavailable == 0) return {};
  const Palette palette = palette_of(model);
  std::string html =
      "<p class=\"lead\">The best-scored example of every class, the rarest first, then pictures from all over the "
      "input.</p>";
  if (model.debug_images_unavailable > 0)
    html += fmt::format("<p class=\"hint\">{} could not be opened again to be shown here.</p>",
                        format_counted(model.debug_images_unavailable, "further picture", "further pictures"));
  if (model.debug_images.empty()) return html;
  html += controls(model) + "<div class=\"gallery\" id=\"gallery\">";
  for (size_t i = 0; i < std::min(model.debug_images.size(), kMostEmbeddedImages); ++i)
    html += example(model.debug_images[i], palette);
  return html.append("</div>").append(kLightbox);
}

}  // namespace pretag
