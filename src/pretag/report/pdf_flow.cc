#include "pretag/report/pdf_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kBottom = PdfDocument::kHeight - 60;
constexpr double kLineHeight = 1.4;  // of the font size
constexpr double kHeadingSize = 16, kSubheadingSize = 11, kFooterSize = 8;
constexpr double kChartTitleSize = 10.5, kChartSubtitleSize = 8.5, kChartSubtitleLine = 11;
const Color kCalloutGround{0xfd, 0xf6, 0xe3}, kCalloutRule{0xc9, 0x8a, 0x00};

// The subtitle in its lines, and how much of the chart's place title and subtitle take.
std::vector<std::string> subtitle_lines(const Chart& chart, double width) {
  return wrap_text(chart.subtitle, width, kChartSubtitleSize, false, 2);
}
double header_height(const Chart& chart, double width) {
  return kChartTitleSize + 9 + kChartSubtitleLine * static_cast<double>(subtitle_lines(chart, width).size());
}

double framed_height(const Chart& chart, double width) {
  return header_height(chart, width) + chart.height * width / chart.width;
}

}  // namespace

const TextStyle PdfFlow::kText{.size = 9.5};
const TextStyle PdfFlow::kMuted{.size = 9.5, .paint = Tone::kMuted};

PdfFlow::PdfFlow(PdfDocument& document, std::string footer, int pages)
    : document_(document), footer_(std::move(footer)), pages_(pages) {}

double PdfFlow::room() const { return kBottom - y_; }

void PdfFlow::ensure(double height) {
  if (height > room() && y_ > kMargin) next_page();
}

void PdfFlow::next_page() {
  draw_footer();
  document_.next_page();
  y_ = kMargin;
}

void PdfFlow::draw_footer() {
  const double baseline = PdfDocument::kHeight - 32;
  const TextStyle style{.size = kFooterSize, .paint = Tone::kMuted};
  TextStyle right = style;
  right.anchor = Anchor::kEnd;
  const std::string number = fmt::format("{} of {}", document_.page(), std::max(pages_, document_.page()));
  document_.canvas().text(kMargin, baseline, fit_text(footer_, kWidth - 80, kFooterSize), style);
  document_.canvas().text(kMargin + kWidth, baseline, number, right);
}

void PdfFlow::finish() { draw_footer(); }

void PdfFlow::heading(const std::string& text, double room_below) {
  if (y_ > kMargin) {
    y_ += 16;
    ensure(kHeadingSize + 30 + room_below);
  }
  document_.add_bookmark(text);
  if (y_ > kMargin) document_.canvas().line(kMargin, y_, kMargin + kWidth, y_, Tone::kGrid, 0.75);
  y_ += y_ > kMargin ? 16 : 0;
  document_.canvas().text(kMargin, y_ + kHeadingSize, fit_text(text, kWidth, kHeadingSize, true),
                          {.size = kHeadingSize, .bold = true});
  y_ += kHeadingSize + 14;
}

void PdfFlow::subheading(const std::string& text, double room_below) {
  ensure(kSubheadingSize + room_below);
  document_.canvas().text(kMargin, y_ + kSubheadingSize, fit_text(text, kWidth, kSubheadingSize, true),
                          {.size = kSubheadingSize, .bold = true});
  y_ += kSubheadingSize + 10;
}

void PdfFlow::paragraph(const std::string& text, const TextStyle& style) {
  constexpr size_t kMostLines = 40;
  for (const std::string& line : wrap_text(text, kWidth, style.size, style.bold, kMostLines)) {
    ensure(style.size * kLineHeight);
    document_.canvas().text(kMargin, y_ + style.size, line, style);
    y_ += style.size * kLineHeight;
  }
  y_ += 0.6 * style.size;
}

void PdfFlow::bullet(const std::string& mark, const std::string& text) {
  constexpr size_t kMostLines = 12;
  constexpr double kIndent = 16;
  bool is_first = true;
  for (const std::string& line : wrap_text(text, kWidth - kIndent, kText.size, false, kMostLines)) {
    ensure(kText.size * kLineHeight);
    if (is_first) document_.canvas().text(kMargin, y_ + kText.size, mark, kMuted);
    document_.canvas().text(kMargin + kIndent, y_ + kText.size, line, kText);
    y_ += kText.size * kLineHeight;
    is_first = false;
  }
  y_ += 3;
}

void PdfFlow::callout(const std::string& title, const std::vector<std::string>& paragraphs) {
  constexpr double kPadding = 12;
  constexpr size_t kMostLines = 12, kMostLinesOfAll = 20;
  std::vector<std::string> lines;
  for (size_t i = 0; i < paragraphs.size(); ++i) {
    if (lines.size() > kMostLinesOfAll) {
      lines.push_back(fmt::format("… and {} more; report.html has them all", paragraphs.size() - i));
      break;
    }
    for (std::string& line : wrap_text(paragraphs[i], kWidth - 2 * kPadding, kText.size, false, kMostLines))
      lines.push_back(std::move(line));
  }
  const double line_height = kText.size * kLineHeight;
  const double height = static_cast<double>(lines.size() + 1) * line_height + 2 * kPadding - 4;
  ensure(height);
  document_.canvas().fill({kMargin, y_, kWidth, height}, kCalloutGround, 0);
  document_.canvas().fill({kMargin, y_, 3, height}, kCalloutRule, 0);
  double baseline = y_ + kPadding + kText.size - 1;
  document_.canvas().text(kMargin + kPadding, baseline, title, {.size = kText.size, .bold = true});
  for (const std::string& line : lines)
    document_.canvas().text(kMargin + kPadding, baseline += line_height, line, kText);
  y_ += height + kGap;
}

void PdfFlow::facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  constexpr double kNameWidth = 110;
  constexpr size_t kMostLines = 6;
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    const auto lines = wrap_text(value, kWidth - kNameWidth, kText.size, false, kMostLines);
    const double height = static_cast<double>(lines.size()) * kText.size * kLineHeight + 5;
    ensure(height);
    document_.canvas().text(kMargin, y_ + kText.size, fit_text(name, kNameWidth - 6, kText.size), kMuted);
    for (size_t i = 0; i < lines.size(); ++i)
      document_.canvas().text(kMargin + kNameWidth, y_ + kText.size + static_cast<double>(i) * kText.size * kLineHeight,
                              lines[i], kText);
    document_.canvas().line(kMargin, y_ + height - 2, kMargin + kWidth, y_ + height - 2, Tone::kGrid, 0.5);
    y_ += height + 1;
  }
  y_ += kGap;
}

void PdfFlow::block(double height, const std::function<void(PdfDocument& document, const Rect& place)>& draw) {
  ensure(height);
  draw(document_, {kMargin, y_, kWidth, height});
  y_ += height + kGap;
}

void PdfFlow::draw_chart(const Chart& chart, double x, double width) {
  Canvas& canvas = document_.canvas();
  canvas.text(x, y_ + kChartTitleSize, fit_text(chart.title, width, kChartTitleSize, true),
              {.size = kChartTitleSize, .bold = true});
  double baseline = y_ + kChartTitleSize + 2;
  for (const std::string& line : subtitle_lines(chart, width))
    canvas.text(x, baseline += kChartSubtitleLine, line, {.size = kChartSubtitleSize, .paint = Tone::kMuted});
  document_.draw(chart.draw, x, y_ + header_height(chart, width), width / chart.width);
}

void PdfFlow::chart(const Chart& chart) {
  const double height = framed_height(chart, kWidth);
  ensure(height);
  draw_chart(chart, kMargin, kWidth);
  y_ += height + kGap;
}

void PdfFlow::charts_side_by_side(const Chart& left, const Chart& right) {
  const double width = (kWidth - kGap) / 2;
  const double height = std::max(framed_height(left, width), framed_height(right, width));
  ensure(height);
  draw_chart(left, kMargin, width);
  draw_chart(right, kMargin + width + kGap, width);
  y_ += height + kGap;
}

}  // namespace pretag
