#include "pretag/report/cairo_painter.h"

#include <algorithm>
#include <numbers>
#include <string>

namespace pretag {

void CairoPainter::fill(const Rect& rect, const Paint& paint, double corner_radius) {
  set_paint(paint);
  add_rect(rect, corner_radius);
  cairo_fill(cairo_);
}

void CairoPainter::outline(const Rect& rect, const Paint& paint, double line_width) {
  set_paint(paint);
  cairo_set_line_width(cairo_, line_width);
  add_rect(rect, 0);
  cairo_stroke(cairo_);
}

void CairoPainter::line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width,
                        bool dashed) {
  set_paint(paint);
  cairo_set_line_width(cairo_, line_width);
  constexpr double kDashes[] = {4, 3};
  cairo_set_dash(cairo_, kDashes, dashed ? 2 : 0, 0);
  cairo_move_to(cairo_, x1, y1);
  cairo_line_to(cairo_, x2, y2);
  cairo_stroke(cairo_);
  cairo_set_dash(cairo_, nullptr, 0, 0);
}

void CairoPainter::dots(std::span<const Point> centres, double diameter, const Paint& paint) {
  set_paint(paint);
  for (const Point& centre : centres) {
    cairo_new_sub_path(cairo_);
    cairo_arc(cairo_, centre.x, centre.y, diameter / 2, 0, 2 * std::numbers::pi);
  }
  cairo_fill(cairo_);
}

void CairoPainter::text(double x, double baseline, std::string_view text, const TextStyle& style) {
  const auto layout = make_layout(text, style.size, style.bold);
  int width = 0;
  pango_layout_get_size(layout.get(), &width, nullptr);
  const double share_before_x = style.anchor == Anchor::kStart ? 0 : style.anchor == Anchor::kMiddle ? 0.5 : 1;
  set_paint(style.paint);
  cairo_save(cairo_);
  cairo_translate(cairo_, x, baseline);
  if (style.upward) cairo_rotate(cairo_, -std::numbers::pi / 2);
  cairo_move_to(cairo_, -share_before_x * width / PANGO_SCALE,
                -static_cast<double>(pango_layout_get_baseline(layout.get())) / PANGO_SCALE);
  pango_cairo_show_layout(cairo_, layout.get());
  cairo_restore(cairo_);
}

void CairoPainter::begin_group(const Group& group) {
  cairo_save(cairo_);
  cairo_translate(cairo_, group.dx, group.dy);
}

void CairoPainter::end_group() { cairo_restore(cairo_); }

void CairoPainter::set_paint(const Paint& paint) {
  const Color color = light_color(paint);
  cairo_set_source_rgba(cairo_, color.r / 255.0, color.g / 255.0, color.b / 255.0, paint.opacity);
}

void CairoPainter::add_rect(const Rect& rect, double corner_radius) {
  const double radius = std::min({corner_radius, rect.width / 2, rect.height / 2});
  if (!(radius > 0)) {
    cairo_rectangle(cairo_, rect.x, rect.y, std::max(rect.width, 0.0), std::max(rect.height, 0.0));
    return;
  }
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_new_sub_path(cairo_);
  cairo_arc(cairo_, rect.right() - radius, rect.y + radius, radius, -kQuarter, 0);
  cairo_arc(cairo_, rect.right() - radius, rect.bottom() - radius, radius, 0, kQuarter);
  cairo_arc(cairo_, rect.x + radius, rect.bottom() - radius, radius, kQuarter, 2 * kQuarter);
  cairo_arc(cairo_, rect.x + radius, rect.y + radius, radius, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo_);
}

Status check_drawing(cairo_t* cairo) {
  const cairo_status_t status = cairo_status(cairo);
  if (status == CAIRO_STATUS_SUCCESS) return {};
  return Error{ErrorCode::kInternal, std::string("cannot draw: ") + cairo_status_to_string(status)};
}

}  // namespace pretag
