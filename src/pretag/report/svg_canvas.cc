#include "pretag/report/svg_canvas.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "pretag/report/text.h"

namespace pretag {
namespace {

// A coordinate to a hundredth of a pixel, the shortest way: "12", "12.5".
std::string number(double value) {
  const double rounded = std::round(value * 100) / 100;
  return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::kInk:
      return "tone-ink";
    case Tone::kMuted:
      return "tone-muted";
    case Tone::kGrid:
      return "tone-grid";
    case Tone::kPanel:
      return "tone-panel";
    case Tone::kAccent:
      return "tone-accent";
    case Tone::kAccentSoft:
      return "tone-accent-soft";
  }
  return "";
}

// ` fill="#…" class="tone-…"`, for `property` fill or stroke.
std::string paint_attributes(std::string_view property, const Paint& paint) {
  std::string attributes = fmt::format(" {}=\"{}\"", property, to_hex(light_color(paint)));
  if (paint.opacity < 1) attributes += fmt::format(" {}-opacity=\"{}\"", property, number(paint.opacity));
  if (const Tone* tone = std::get_if<Tone>(&paint.color_or_tone))
    attributes += fmt::format(" class=\"{}\"", tone_class(*tone));
  return attributes;
}

std::string rect_attributes(const Rect& rect) {
  return fmt::format("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", number(rect.x), number(rect.y),
                     number(std::max(rect.width, 0.0)), number(std::max(rect.height, 0.0)));
}

}  // namespace

void SvgCanvas::fill(const Rect& rect, const Paint& paint, double corner_radius) {
  elements_ += "<rect " + rect_attributes(rect);
  if (corner_radius > 0) elements_ += fmt::format(" rx=\"{}\"", number(corner_radius));
  elements_ += paint_attributes("fill", paint) + "/>";
}

void SvgCanvas::outline(const Rect& rect, const Paint& paint, double line_width) {
  elements_ += fmt::format("<rect {} fill=\"none\" stroke-width=\"{}\"{}/>", rect_attributes(rect), number(line_width),
                           paint_attributes("stroke", paint));
}

void SvgCanvas::line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width, bool dashed) {
  elements_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke-width=\"{}\"{}{}/>", number(x1),
                           number(y1), number(x2), number(y2), number(line_width),
                           dashed ? " stroke-dasharray=\"4 3\"" : "", paint_attributes("stroke", paint));
}

// Lines without length have round ends alone: a few bytes a dot.
void SvgCanvas::dots(std::span<const Point> centres, double diameter, const Paint& paint) {
  const auto tenth = [](double value) { return fmt::format("{}", std::round(value * 10) / 10); };
  std::string path;
  for (const Point& centre : centres) path += "M" + tenth(centre.x) + " " + tenth(centre.y) + "h0";
  elements_ += fmt::format("<path d=\"{}\" fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{}\"{}/>", path,
                           number(diameter), paint_attributes("stroke", paint));
}

void SvgCanvas::text(double x, double baseline, std::string_view text, const TextStyle& style) {
  constexpr std::string_view kAnchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
  const std::string turned =
      style.upward ? fmt::format(" transform=\"rotate(-90 {} {})\"", number(x), number(baseline)) : "";
  elements_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\"{}{}{}{}>{}</text>", number(x), number(baseline),
                           number(style.size), style.bold ? " font-weight=\"600\"" : "",
                           kAnchors[static_cast<int>(style.anchor)], paint_attributes("fill", style.paint), turned,
                           escape_markup(text));
}

void SvgCanvas::begin_group(const Group& group) {
  elements_ += "<g";
  if (group.dx != 0 || group.dy != 0)
    elements_ += fmt::format(" transform=\"translate({} {})\"", number(group.dx), number(group.dy));
  for (const auto& [key, value] : group.data) elements_ += fmt::format(" data-{}=\"{}\"", key, escape_markup(value));
  elements_ += '>';
  if (!group.title.empty()) elements_ += fmt::format("<title>{}</title>", escape_markup(group.title));
}

void SvgCanvas::end_group() { elements_ += "</g>"; }

}  // namespace pretag
