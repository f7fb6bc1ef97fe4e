#include "pretag/report/cairo_canvas.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <string>

#include "pretag/report/cairo_handles.h"

namespace pretag {
namespace {

class CairoCanvas : public Canvas {
 public:
  explicit CairoCanvas(cairo_t* cairo) : cairo_(cairo) {}

  void fill(const Rect& rect, const Paint& paint, double corner_radius) override {
    set_paint(paint);
    add_rect(rect, corner_radius);
    cairo_fill(cairo_);
  }

  void outline(const Rect& rect, const Paint& paint, double line_width) override {
    set_paint(paint);
    cairo_set_line_width(cairo_, line_width);
    add_rect(rect, 0);
    cairo_stroke(cairo_);
  }

  void line(double x1, double y1, double x2, double y2, const Paint& paint, double line_width, bool dashed) override {
    set_paint(paint);
    cairo_set_line_width(cairo_, line_width);
    constexpr double kDashes[] = {4, 3};
    cairo_set_dash(cairo_, kDashes, dashed ? 2 : 0, 0);
    cairo_move_to(cairo_, x1, y1);
    cairo_line_to(cairo_, x2, y2);
    cairo_stroke(cairo_);
    cairo_set_dash(cairo_, nullptr, 0, 0);
  }

  void text(double x, double baseline, std::string_view text, const TextStyle& style) override {
    const auto layout = make_layout(text, style.size, style.bold);
    int width = 0;
    pango_layout_get_size(layout.get(), &width, nullptr);
    const double share_before_x = style.anchor == Anchor::kStart ? 0 : style.anchor == Anchor::kMiddle ? 0.5 : 1;
    set_paint(style.paint);
    cairo_move_to(cairo_, x - share_before_x * width / PANGO_SCALE,
                  baseline - static_cast<double>(pango_layout_get_baseline(layout.get())) / PANGO_SCALE);
    pango_cairo_show_layout(cairo_, layout.get());
  }

  void begin_group(const Group& group) override {
    cairo_save(cairo_);
    cairo_translate(cairo_, group.dx, group.dy);
  }

  void end_group() override { cairo_restore(cairo_); }

 private:
  void set_paint(const Paint& paint) {
    const Color color = light_color(paint);
    cairo_set_source_rgba(cairo_, color.r / 255.0, color.g / 255.0, color.b / 255.0, paint.opacity);
  }

  void add_rect(const Rect& rect, double corner_radius) {
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

  cairo_t* cairo_;
};

// Fails where Cairo does not tell: drawing goes on silently on a context in an error state.
Status check(cairo_t* cairo) {
  const cairo_status_t status = cairo_status(cairo);
  if (status == CAIRO_STATUS_SUCCESS) return {};
  return Error{ErrorCode::kInternal, std::string("cannot draw: ") + cairo_status_to_string(status)};
}

// Cairo's RGB24: one native-endian 32-bit word a pixel, 0x00RRGGBB.
void copy_to_surface(const Image& image, cairo_surface_t* surface) {
  unsigned char* pixels = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y);
    for (int x = 0; x < image.width; ++x, from += 3) {
      const uint32_t word = static_cast<uint32_t>(from[0] << 16 | from[1] << 8 | from[2]);
      std::memcpy(pixels + static_cast<ptrdiff_t>(y) * stride + x * 4, &word, 4);
    }
  }
  cairo_surface_mark_dirty(surface);
}

Image copy_from_surface(cairo_surface_t* surface) {
  cairo_surface_flush(surface);
  Image image{cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  image.rgb.resize(static_cast<size_t>(image.width) * image.height * 3);
  const unsigned char* pixels = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < image.height; ++y) {
    uint8_t* to = image.row(y);
    for (int x = 0; x < image.width; ++x, to += 3) {
      uint32_t word = 0;
      std::memcpy(&word, pixels + static_cast<ptrdiff_t>(y) * stride + x * 4, 4);
      to[0] = static_cast<uint8_t>(word >> 16);
      to[1] = static_cast<uint8_t>(word >> 8);
      to[2] = static_cast<uint8_t>(word);
    }
  }
  return image;
}

}  // namespace

Result<std::vector<std::byte>> draw_png(double width, double height, double scale, const Drawing& drawing) {
  const CairoSurface surface(cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * scale)), static_cast<int>(std::lround(height * scale))));
  const CairoContext cairo(cairo_create(surface.get()));
  cairo_set_source_rgb(cairo.get(), 1, 1, 1);
  cairo_paint(cairo.get());
  cairo_scale(cairo.get(), scale, scale);
  CairoCanvas canvas(cairo.get());
  drawing(canvas);
  PRETAG_TRY(check(cairo.get()));

  std::vector<std::byte> png;
  const auto append = [](void* closure, const unsigned char* data, unsigned int length) {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    auto* output = static_cast<std::vector<std::byte>*>(closure);
    output->insert(output->end(), bytes, bytes + length);
    return CAIRO_STATUS_SUCCESS;
  };
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface.get(), append, &png);
  if (status != CAIRO_STATUS_SUCCESS)
    return Error{ErrorCode::kInternal, std::string("cannot write a PNG: ") + cairo_status_to_string(status)};
  return png;
}

Result<Image> draw_over(const Image& image, const Drawing& drawing) {
  const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width, image.height));
  const CairoContext cairo(cairo_create(surface.get()));
  PRETAG_TRY(check(cairo.get()));
  copy_to_surface(image, surface.get());
  CairoCanvas canvas(cairo.get());
  drawing(canvas);
  PRETAG_TRY(check(cairo.get()));
  return copy_from_surface(surface.get());
}

}  // namespace pretag
