// Pages of a PDF to draw on, with Cairo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pretag/report/canvas.h"
#include "pretag/util/result.h"

namespace pretag {

struct PdfInfo {
  std::string title, creator;
  int64_t created_unix = 0;  // seconds since 1970-01-01 UTC; 0: not known
};

// One page after the other, A4, upright; the unit is a point (1/72 inch), y grows downwards. Text stays text, lines
// stay lines. The same drawing gives the same bytes. Not thread-safe.
class PdfDocument {
 public:
  static constexpr double kWidth = 595.28, kHeight = 841.89;

  explicit PdfDocument(const PdfInfo& info);
  ~PdfDocument();
  PdfDocument(const PdfDocument&) = delete;
  PdfDocument& operator=(const PdfDocument&) = delete;

  // Of the current page.
  Canvas& canvas();
  // A drawing made for other units, with its origin at x, y.
  void draw(const Drawing& drawing, double x, double y, double scale);
  // The JPEG file as it is, not encoded anew, as wide and as high as `place`. Left blank if Cairo cannot use it.
  void draw_jpeg(std::span<const std::byte> jpeg, const Rect& place);
  // An entry in the list of contents that viewers show beside the pages.
  void add_bookmark(const std::string& title);
  void next_page();
  int page() const { return page_; }

  // The whole file; nothing can be drawn after this. kInternal if Cairo failed.
  Result<std::string> finish();

 private:
  struct Surface;
  std::unique_ptr<Surface> surface_;
  int page_ = 1;
};

}  // namespace pretag
