#include "pretag/report/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "pretag/report/report_model.h"

namespace pretag {
namespace {

constexpr std::array<std::pair<const char*, Color>, 7> kNamedColors = {{
    {"bicycle", {0xCC, 0x79, 0xA7}},     // reddish purple
    {"bus", {0xE6, 0x9F, 0x00}},         // orange
    {"car", {0x00, 0x72, 0xB2}},         // blue
    {"motorcycle", {0xD9, 0xC5, 0x1E}},  // yellow, darkened from F0E442 so that it shows on white
    {"person", {0xD5, 0x5E, 0x00}},      // vermilion
    {"train", {0x56, 0xB4, 0xE9}},       // sky blue
    {"truck", {0x00, 0x9E, 0x73}},       // bluish green
}};
constexpr Color kGrey{0x80, 0x80, 0x80};
constexpr size_t kFurtherColors = 120;

// OKLab (Björn Ottosson, 2020): distances in it are close to what the eye sees.
struct Lab {
  double lightness, a, b;
};

double squared_distance(const Lab& x, const Lab& y) {
  return std::pow(x.lightness - y.lightness, 2) + std::pow(x.a - y.a, 2) + std::pow(x.b - y.b, 2);
}

Lab to_lab(Color color) {
  const auto linear = [](uint8_t value) {
    const double c = value / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  const double r = linear(color.r), g = linear(color.g), b = linear(color.b);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

// A coarse grid of sRGB, without what is too near to white, black or grey to be seen on a light and on a dark page.
std::vector<Color> candidates() {
  constexpr int kStep = 24;
  std::vector<Color> colors;
  for (int r = 0; r < 256; r += kStep) {
    for (int g = 0; g < 256; g += kStep) {
      for (int b = 0; b < 256; b += kStep) {
        const Color color{static_cast<uint8_t>(r), static_cast<uint8_t>(g), static_cast<uint8_t>(b)};
        const Lab lab = to_lab(color);
        if (lab.lightness > 0.5 && lab.lightness < 0.82 && std::hypot(lab.a, lab.b) > 0.05) colors.push_back(color);
      }
    }
  }
  return colors;
}

// Farthest-first traversal of the candidates, beginning with what is farthest from the named colours.
std::vector<Color> make_further_colors() {
  const std::vector<Color> pool = candidates();
  std::vector<Lab> labs;
  for (const Color color : pool) labs.push_back(to_lab(color));
  std::vector<double> distance(pool.size(), 1e9);
  const auto move_away_from = [&](const Lab& lab) {
    for (size_t i = 0; i < pool.size(); ++i) distance[i] = std::min(distance[i], squared_distance(labs[i], lab));
  };
  for (const auto& [name, color] : kNamedColors) move_away_from(to_lab(color));
  std::vector<Color> colors;
  while (colors.size() < kFurtherColors) {
    const auto farthest = static_cast<size_t>(std::ranges::max_element(distance) - distance.begin());
    colors.push_back(pool[farthest]);
    move_away_from(labs[farthest]);
  }
  return colors;
}

}  // namespace

Palette::Palette(const std::vector<std::string>& classes) {
  static const std::vector<Color> further_colors = make_further_colors();
  for (const auto& [name, color] : kNamedColors) colors_.emplace(name, color);
  size_t next = 0;
  for (const std::string& name : classes) {
    if (colors_.contains(name)) continue;
    colors_.emplace(name, further_colors[next++ % further_colors.size()]);
  }
}

Color Palette::color(const std::string& class_name) const {
  const auto entry = colors_.find(class_name);
  return entry == colors_.end() ? kGrey : entry->second;
}

Palette palette_of(const ReportModel& model) {
  std::vector<std::string> names;
  for (const ClassStatistics& statistics : model.input.classes) names.push_back(statistics.name);
  if (model.selection && model.selection->objects) {  // of a task of the user's, whose classes may be others
    for (const ObjectSelection::Class& entry : model.selection->objects->classes) names.push_back(entry.name);
  }
  return Palette(names);
}

}  // namespace pretag
