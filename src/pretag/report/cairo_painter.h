// The canvas behind pixels and PDF pages. Only .cc files include this.
#pragma once

#include "pretag/report/cairo_handles.h"
#include "pretag/report/canvas.h"
#include "pretag/util/result.h"

namespace pretag {

// Draws with a context that it does not own, in the light colours.
class CairoPainter : public Canvas {
 public:
  explicit CairoPainter(cairo_t* cairo) : cairo_(cairo) {}

  void fill(const Rect& rect, const Paint& paint, double corner_radius) override;
  void outline(const Rect& rect, const Paint& paint, double line_width) override;
  void line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width, bool dashed) override;
  void dots(std::span<const Point> centres, double diameter, const Paint& paint) override;
  void text(double x, double baseline, std::string_view text, const TextStyle& style) override;
  void begin_group(const Group& group) override;
  void end_group() override;

 private:
  void set_paint(const Paint& paint);
  void add_rect(const Rect& rect, double corner_radius);

  cairo_t* cairo_;
};

// Cairo does not fail where something goes wrong: drawing goes on silently on a context in an error state.
Status check_drawing(cairo_t* cairo);

}  // namespace pretag
