// Fills the pages of a PDF from top to bottom: headings, text, tables, charts, pictures.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pretag/report/chart.h"
#include "pretag/report/pdf_document.h"

namespace pretag {

struct PdfColumn {
  std::string heading;
  double share = 1;  // of the width, beside the other columns
  bool is_number = false;
};

// A cell may begin with a swatch of colour.
struct PdfCell {
  std::string text;
  const Color* swatch = nullptr;
};

// Everything is as wide as the page between its margins. What does not fit below goes to the next page; only tables and
// lists of paragraphs are broken.
class PdfFlow {
 public:
  static constexpr double kMargin = 50, kWidth = PdfDocument::kWidth - 2 * kMargin, kGap = 14;

  // `footer` stands at the bottom of every page, with its number "of `pages`".
  PdfFlow(PdfDocument& document, std::string footer, int pages);

  // A section, with a bookmark. It begins on this page if `room` points are left below the heading.
  void heading(const std::string& text, double room = 140);
  void subheading(const std::string& text, double room = 60);
  void paragraph(const std::string& text, const TextStyle& style = kText);
  void bullet(const std::string& mark, const std::string& text);
  // On a tinted ground: a bold first line and paragraphs below it.
  void callout(const std::string& title, const std::vector<std::string>& paragraphs);
  // Name and value side by side; those without a value are left out.
  void facts(const std::vector<std::pair<std::string, std::string>>& facts);
  // The header is repeated on every page.
  void table(const std::vector<PdfColumn>& columns, const std::vector<std::vector<PdfCell>>& rows);
  // With its title and subtitle above.
  void chart(const Chart& chart);
  void charts_side_by_side(const Chart& left, const Chart& right);
  // `draw` gets the place, which is `height` high.
  void block(double height, const std::function<void(PdfDocument& document, const Rect& place)>& draw);
  void space(double points) { y_ += points; }
  // The last page's footer; nothing can be added after this.
  void finish();

  static const TextStyle kText, kMuted;

 private:
  double room() const;
  void ensure(double height);
  void next_page();
  void draw_footer();
  void draw_chart(const Chart& chart, double x, double width);

  PdfDocument& document_;
  std::string footer_;
  int pages_;
  double y_ = kMargin;
};

}  // namespace pretag
