// How wide text will be, so that labels can be made to fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pretag {

// In the font that cairo_canvas.h draws with (the system's sans-serif, with fallbacks for any script that has one).
// Pixels. Thread-safe.
double text_width(std::string_view text, double size, bool bold = false);

// Clean text no wider than `max_width`: longer ones lose their end for "…".
std::string fit_text(std::string_view text, double max_width, double size, bool bold = false);

// The same of a path, which loses its beginning: its end tells more.
std::string fit_path(std::string_view path, double max_width, double size);

// Clean text in lines no wider than `max_width`, broken between words, and inside of one that is wider alone. At most
// `most_lines`, the last one ending in "…" if there is more. At least one line.
std::vector<std::string> wrap_text(std::string_view text, double max_width, double size, bool bold, size_t most_lines);

}  // namespace pretag
