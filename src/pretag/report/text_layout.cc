#include "pretag/report/text_layout.h"

#include <vector>

#include "pretag/report/cairo_handles.h"
#include "pretag/report/text.h"
#include "pretag/util/strings.h"

namespace pretag {

GObjectHandle<PangoLayout> make_layout(std::string_view text, double size, bool bold) {
  // The default font map is one per thread and belongs to Pango.
  GObjectHandle<PangoContext> context(pango_font_map_create_context(pango_cairo_font_map_get_default()));
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context.get(), options);
  pango_context_set_round_glyph_positions(context.get(), FALSE);
  cairo_font_options_destroy(options);

  GObjectHandle<PangoLayout> layout(pango_layout_new(context.get()));
  const FontDescription font(pango_font_description_new());
  pango_font_description_set_family(font.get(), "sans-serif");
  pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
  if (bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_SEMIBOLD);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  const std::string clean = clean_text(text);
  pango_layout_set_text(layout.get(), clean.data(), static_cast<int>(clean.size()));
  return layout;
}

double text_width(std::string_view text, double size, bool bold) {
  int width = 0;
  pango_layout_get_size(make_layout(text, size, bold).get(), &width, nullptr);
  return static_cast<double>(width) / PANGO_SCALE;
}

namespace {

// No label is near this long; cutting first keeps absurd names from costing a layout of their whole length.
constexpr size_t kMostBytes = 2000;

bool begins_character(const std::string& text, size_t i) {
  return (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
}

}  // namespace

std::string fit_text(std::string_view text, double max_width, double size, bool bold) {
  std::string clean = clean_text(text.substr(0, kMostBytes));
  if (text.size() <= kMostBytes && text_width(clean, size, bold) <= max_width) return clean;

  std::vector<size_t> ends;  // byte offset after each character
  for (size_t i = 1; i <= clean.size(); ++i)
    if (i == clean.size() || begins_character(clean, i)) ends.push_back(i);
  size_t low = 0, high = ends.size();  // so many characters fit; so many do not, or are all
  while (low + 1 < high) {
    const size_t middle = (low + high) / 2;
    const bool fits = text_width(clean.substr(0, ends[middle - 1]) + "…", size, bold) <= max_width;
    (fits ? low : high) = middle;
  }
  return (low > 0 ? clean.substr(0, ends[low - 1]) : std::string()) + "…";
}

std::string fit_path(std::string_view path, double max_width, double size) {
  const bool is_long = path.size() > kMostBytes;
  const std::string clean = clean_text(is_long ? path.substr(path.size() - kMostBytes) : path);
  if (!is_long && text_width(clean, size) <= max_width) return clean;

  std::vector<size_t> starts;  // byte offset of each character, and the end
  for (size_t i = 0; i <= clean.size(); ++i)
    if (i == clean.size() || begins_character(clean, i)) starts.push_back(i);
  size_t low = 0, high = starts.size() - 1;  // from `high` on it fits; from `low` on it does not, or that is all
  while (low + 1 < high) {
    const size_t middle = (low + high) / 2;
    const bool fits = text_width("…" + clean.substr(starts[middle]), size) <= max_width;
    (fits ? high : low) = middle;
  }
  return "…" + clean.substr(starts[high]);
}

std::vector<std::string> wrap_text(std::string_view text, double max_width, double size, bool bold, size_t most_lines) {
  constexpr size_t kMostBytesALine = 1000;
  const std::string clean = clean_text(text.substr(0, kMostBytesALine * most_lines));
  const auto layout = make_layout(clean, size, bold);
  pango_layout_set_width(layout.get(), static_cast<int>(max_width * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  std::vector<std::string> lines;
  for (int i = 0; i < pango_layout_get_line_count(layout.get()); ++i) {
    const PangoLayoutLine* line = pango_layout_get_line_readonly(layout.get(), i);
    const auto start = static_cast<size_t>(line->start_index);
    if (lines.size() + 1 == most_lines) {
      lines.push_back(fit_text(std::string_view(clean).substr(start), max_width, size, bold));
      break;
    }
    lines.emplace_back(trim(std::string_view(clean).substr(start, static_cast<size_t>(line->length))));
  }
  return lines;
}

}  // namespace pretag
