#include "pretag/report/cairo_canvas.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "pretag/image/encode.h"
#include "pretag/report/cairo_painter.h"

namespace pretag {
namespace {

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
  CairoPainter canvas(cairo.get());
  drawing(canvas);
  PRETAG_TRY(check_drawing(cairo.get()));
  return encode_png(copy_from_surface(surface.get()), PngContent::kDrawing);
}

Result<Image> draw_over(const Image& image, const Drawing& drawing) {
  const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width, image.height));
  const CairoContext cairo(cairo_create(surface.get()));
  PRETAG_TRY(check_drawing(cairo.get()));
  copy_to_surface(image, surface.get());
  CairoPainter canvas(cairo.get());
  drawing(canvas);
  PRETAG_TRY(check_drawing(cairo.get()));
  return copy_from_surface(surface.get());
}

}  // namespace pretag
