// Draws as SVG text: real text elements, no ids, no scripts, no outside references.
#pragma once

#include <string>
#include <string_view>

#include "pretag/report/canvas.h"

namespace pretag {

// The same drawing gives the same bytes. Tones are written as plain colours plus a class ("tone-ink" …), so that the
// file looks right anywhere and a page that holds it can restyle them.
class SvgCanvas : public Canvas {
 public:
  void fill(const Rect& rect, const Paint& paint, double corner_radius) override;
  void outline(const Rect& rect, const Paint& paint, double line_width) override;
  void line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width, bool dashed) override;
  void dots(std::span<const Point> centres, double diameter, const Paint& paint) override;
  void text(double x, double baseline, std::string_view text, const TextStyle& style) override;
  void begin_group(const Group& group) override;
  void end_group() override;

  // The elements drawn so far, without the <svg> around them.
  const std::string& elements() const { return elements_; }

 private:
  std::string elements_;
};

}  // namespace pretag
