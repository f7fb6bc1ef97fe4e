// How wide text will be, so that labels can be made to fit.
#pragma once

#include <string>
#include <string_view>

namespace pretag {

// In the font that cairo_canvas.h draws with (the system's sans-serif, with fallbacks for any script that has one).
// Pixels. Thread-safe.
double text_width(std::string_view text, double size, bool bold = false);

// Clean text no wider than `max_width`: longer ones lose their end for "…".
std::string fit_text(std::string_view text, double max_width, double size, bool bold = false);

}  // namespace pretag
