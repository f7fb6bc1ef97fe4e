// PdfFlow::table, in a file of its own for its size.
#include <algorithm>

#include "pretag/report/pdf_flow.h"
#include "pretag/report/text_layout.h"

namespace pretag {
namespace {

constexpr double kSize = 8.5, kLine = 11.5, kRowPadding = 5, kColumnGap = 10, kSwatch = 8;
constexpr size_t kMostLines = 3;

struct PlacedColumn {
  double x = 0, width = 0;
  bool is_number = false;
};

std::vector<PlacedColumn> place_columns(const std::vector<PdfColumn>& columns) {
  double shares = 0;
  for (const PdfColumn& column : columns) shares += column.share;
  const double free_width = PdfFlow::kWidth - kColumnGap * static_cast<double>(columns.size() - 1);
  std::vector<PlacedColumn> placed;
  double x = PdfFlow::kMargin;
  for (const PdfColumn& column : columns) {
    placed.push_back({x, free_width * column.share / shares, column.is_number});
    x += placed.back().width + kColumnGap;
  }
  return placed;
}

void draw_line(Canvas& canvas, const PlacedColumn& column, double indent, double baseline, const std::string& text,
               const Paint& paint) {
  canvas.text(column.is_number ? column.x + column.width : column.x + indent, baseline, text,
              {.size = kSize, .anchor = column.is_number ? Anchor::kEnd : Anchor::kStart, .paint = paint});
}

}  // namespace

void PdfFlow::table(const std::vector<PdfColumn>& columns, const std::vector<std::vector<PdfCell>>& rows) {
  const std::vector<PlacedColumn> placed = place_columns(columns);
  const auto draw_header = [&] {
    for (size_t i = 0; i < columns.size(); ++i)
      draw_line(document_.canvas(), placed[i], 0, y_ + kSize, fit_text(columns[i].heading, placed[i].width, kSize),
                Tone::kMuted);
    y_ += kLine + 2;
    document_.canvas().line(kMargin, y_, kMargin + kWidth, y_, Tone::kMuted, 0.75);
    y_ += kRowPadding - 1;
  };
  // A header never stands alone at the bottom of a page.
  ensure(4 * (kLine + kRowPadding));
  draw_header();
  for (const std::vector<PdfCell>& row : rows) {
    std::vector<std::vector<std::string>> lines;
    size_t most = 1;
    for (size_t i = 0; i < row.size(); ++i) {
      const double indent = row[i].swatch != nullptr ? kSwatch + 5 : 0;
      lines.push_back(wrap_text(row[i].text, placed[i].width - indent, kSize, false, kMostLines));
      most = std::max(most, lines.back().size());
    }
    const double height = static_cast<double>(most) * kLine + kRowPadding;
    if (height > room()) {
      next_page();
      draw_header();
    }
    for (size_t i = 0; i < row.size(); ++i) {
      const bool has_swatch = row[i].swatch != nullptr;
      if (has_swatch) document_.canvas().fill({placed[i].x, y_ + 1, kSwatch, kSwatch}, *row[i].swatch, 2);
      for (size_t k = 0; k < lines[i].size(); ++k)
        draw_line(document_.canvas(), placed[i], has_swatch ? kSwatch + 5 : 0,
                  y_ + kSize + static_cast<double>(k) * kLine, lines[i][k], Tone::kInk);
    }
    y_ += height;
    document_.canvas().line(kMargin, y_ - 2, kMargin + kWidth, y_ - 2, Tone::kGrid, 0.5);
    y_ += 1;
  }
  y_ += kGap;
}

}  // namespace pretag
