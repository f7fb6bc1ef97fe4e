// What charts and boxes are drawn on. A drawing is written once, against this interface, and comes out as SVG
// (svg_canvas.h), as pixels (cairo_canvas.h) or on a page of a PDF (pdf_document.h).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pretag/report/color.h"

namespace pretag {

// Colours that follow the page: an SVG in report.html turns dark with it; elsewhere they are those of a light page.
enum class Tone { kInk, kMuted, kGrid, kPanel, kAccent, kAccentSoft };

struct Paint {
  Paint(Color color, double alpha = 1) : color_or_tone(color), opacity(alpha) {}  // NOLINT: implicit, reads well
  Paint(Tone tone, double alpha = 1) : color_or_tone(tone), opacity(alpha) {}     // NOLINT: implicit, likewise

  std::variant<Color, Tone> color_or_tone;
  double opacity = 1;
};

// The colour on a light page.
Color light_color(const Paint& paint);

// x to the right, y down; the unit is a pixel at scale 1.
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Anchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size = 13;  // of the font, pixels
  bool bold = false;
  Anchor anchor = Anchor::kStart;
  Paint paint = Tone::kInk;
  bool upward = false;  // reads from the bottom to the top, turned about (x, baseline)
};

struct Point {
  double x = 0, y = 0;
};

// Things that belong together. SVG shows the title on hover and writes `data` as data-* attributes, for scripts.
struct Group {
  double dx = 0, dy = 0;  // moves what is drawn inside
  std::string title = {};
  std::vector<std::pair<std::string, std::string>> data = {};  // key (without "data-"), value
};

// Text and titles may be any bytes; they are cleaned (see clean_text).
class Canvas {
 public:
  virtual ~Canvas() = default;

  virtual void fill(const Rect& rect, const Paint& paint, double corner_radius = 0) = 0;
  // Outlines are centred on the rectangle's edge.
  virtual void outline(const Rect& rect, const Paint& paint, double line_width) = 0;
  virtual void line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width,
                    bool dashed = false) = 0;
  // Round, all alike: one element, however many there are.
  virtual void dots(std::span<const Point> centres, double diameter, const Paint& paint) = 0;
  // `x` is where the anchor is, `baseline` where the letters stand.
  virtual void text(double x, double baseline, std::string_view text, const TextStyle& style) = 0;
  virtual void begin_group(const Group& group) = 0;
  virtual void end_group() = 0;
};

using Drawing = std::function<void(Canvas&)>;

}  // namespace pretag
