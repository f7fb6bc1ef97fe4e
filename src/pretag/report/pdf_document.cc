#include "pretag/report/pdf_document.h"

#include <cairo-pdf.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "pretag/report/cairo_painter.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

struct PdfDocument::Surface {
  std::string bytes;
  CairoSurface surface{cairo_pdf_surface_create_for_stream(append, &bytes, PdfDocument::kWidth, PdfDocument::kHeight)};
  CairoContext context{cairo_create(surface.get())};
  CairoPainter painter{context.get()};
};

PdfDocument::PdfDocument(const PdfInfo& info) : surface_(std::make_unique<Surface>()) {
  cairo_surface_t* surface = surface_->surface.get();
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, clean_text(info.title).c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, clean_text(info.creator).c_str());
  // Cairo's own choice would be now, which differs each time.
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                 format_utc_iso(info.created_unix > 0 ? info.created_unix : 1).c_str());
}

PdfDocument::~PdfDocument() = default;

Canvas& PdfDocument::canvas() { return surface_->painter; }

void PdfDocument::draw(const Drawing& drawing, double x, double y, double scale) {
  cairo_t* cairo = surface_->context.get();
  cairo_save(cairo);
  cairo_translate(cairo, x, y);
  cairo_scale(cairo, scale, scale);
  drawing(surface_->painter);
  cairo_restore(cairo);
}

void PdfDocument::draw_jpeg(std::span<const std::byte> jpeg, const Rect& place) {
  if (jpeg.empty()) return;
  // The PDF takes the attached file in the place of the surface's pixels, however many there are: one stays blank.
  const CairoSurface picture(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1));
  auto* copy = static_cast<unsigned char*>(std::malloc(jpeg.size()));
  if (copy == nullptr) return;
  std::memcpy(copy, jpeg.data(), jpeg.size());
  if (cairo_surface_set_mime_data(picture.get(), CAIRO_MIME_TYPE_JPEG, copy, jpeg.size(), std::free, copy) !=
      CAIRO_STATUS_SUCCESS) {
    std::free(copy);
    return;
  }
  cairo_t* cairo = surface_->context.get();
  cairo_save(cairo);
  cairo_translate(cairo, place.x, place.y);
  cairo_scale(cairo, place.width, place.height);
  cairo_set_source_surface(cairo, picture.get(), 0, 0);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

void PdfDocument::add_bookmark(const std::string& title) {
  cairo_pdf_surface_add_outline(surface_->surface.get(), CAIRO_PDF_OUTLINE_ROOT, clean_text(title).c_str(),
                                ("page=" + std::to_string(page_)).c_str(), CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

void PdfDocument::next_page() {
  cairo_show_page(surface_->context.get());
  ++page_;
}

Result<std::string> PdfDocument::finish() {
  PRETAG_TRY(check_drawing(surface_->context.get()));
  cairo_surface_finish(surface_->surface.get());
  const cairo_status_t status = cairo_surface_status(surface_->surface.get());
  if (status != CAIRO_STATUS_SUCCESS)
    return Error{ErrorCode::kInternal, std::string("cannot write a PDF: ") + cairo_status_to_string(status)};
  return std::move(surface_->bytes);
}

}  // namespace pretag
