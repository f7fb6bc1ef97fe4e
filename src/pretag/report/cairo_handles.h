// Owning pointers for Cairo, Pango and GLib. Only .cc files include this.
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include <memory>

namespace pretag {

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const {
    release(handle);
  }
};

using CairoSurface = std::unique_ptr<cairo_surface_t, Releaser<cairo_surface_destroy>>;
using CairoContext = std::unique_ptr<cairo_t, Releaser<cairo_destroy>>;
using FontDescription = std::unique_ptr<PangoFontDescription, Releaser<pango_font_description_free>>;
template <class T>
using GObjectHandle = std::unique_ptr<T, Releaser<g_object_unref>>;

// One line of clean text, laid out without hinting so that widths do not depend on where it is drawn.
GObjectHandle<PangoLayout> make_layout(std::string_view text, double size, bool bold);

}  // namespace pretag
