#include "pretag/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/report/cairo_canvas.h"
#include "pretag/report/svg_canvas.h"
#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kPadding = 24, kTitleSize = 18, kSubtitleSize = 13;

// The chart with its title above and a panel behind it.
Chart framed(const Chart& chart) {
  const double top = kPadding + kTitleSize + (chart.subtitle.empty() ? 0 : kSubtitleSize + 8) + 20;
  Chart frame = chart;
  frame.width = chart.width + 2 * kPadding;
  frame.height = chart.height + top + kPadding;
  frame.draw = [chart, top, width = frame.width, height = frame.height](Canvas& canvas) {
    canvas.fill({0, 0, width, height}, Tone::kPanel);
    double baseline = kPadding + kTitleSize - 3;
    canvas.text(kPadding, baseline, fit_text(chart.title, chart.width, kTitleSize, true), {kTitleSize, true});
    baseline += kSubtitleSize + 8;
    if (!chart.subtitle.empty())
      canvas.text(kPadding, baseline, fit_text(chart.subtitle, chart.width, kSubtitleSize),
                  {.size = kSubtitleSize, .paint = Tone::kMuted});
    canvas.begin_group({.dx = kPadding, .dy = top});
    chart.draw(canvas);
    canvas.end_group();
  };
  return frame;
}

std::string svg_element(const Chart& chart, const std::string& attributes) {
  SvgCanvas canvas;
  chart.draw(canvas);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
      "font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif\"{}>{}</svg>",
      std::lround(chart.width), std::lround(chart.height), escape_markup(chart.description), attributes,
      canvas.elements());
}

}  // namespace

std::string inline_svg(const Chart& chart) {
  return svg_element(chart, fmt::format(" class=\"chart\" data-chart=\"{}\"", escape_markup(chart.name)));
}

std::string svg_file(const Chart& chart) {
  const Chart frame = framed(chart);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         svg_element(frame,
                     fmt::format(" width=\"{}\" height=\"{}\"", std::lround(frame.width), std::lround(frame.height))) +
         "\n";
}

Result<std::vector<std::byte>> png_file(const Chart& chart, double scale) {
  const Chart frame = framed(chart);
  return draw_png(frame.width, frame.height, scale, frame.draw);
}

std::vector<double> axis_ticks(double maximum, int wanted) {
  const double rough = std::max(maximum, 1.0) / std::max(wanted, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough * 0.999) step = factor * power;
  step = std::max(step, 1.0);
  std::vector<double> ticks = {0};
  while (ticks.back() < maximum || ticks.size() < 2) ticks.push_back(step * static_cast<double>(ticks.size()));
  return ticks;
}

}  // namespace pretag
