#include "pretag/report/pdf_report.h"

#include "pretag/report/pdf_sections.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

using Section = void (*)(PdfFlow&, const ReportModel&);
constexpr Section kSections[] = {pdf_title,   pdf_selection,     pdf_objects,    pdf_videos,
                                 pdf_classes, pdf_distributions, pdf_embeddings, pdf_pairs,
                                 pdf_rare,    pdf_examples,      pdf_lists,      pdf_run};

std::string title_of(const ReportModel& model) {
  return model.job.title.empty() ? "Pretag report" : model.job.title + " · Pretag report";
}

// Returns the number of pages.
int fill_pages(PdfDocument& document, const ReportModel& model, int pages) {
  PdfFlow flow(document, title_of(model), pages);
  for (const Section section : kSections) section(flow, model);
  flow.finish();
  return document.page();
}

}  // namespace

Result<std::string> pdf_report(const ReportModel& model) {
  const PdfInfo info{title_of(model), "pretag " + model.job.pretag_version,
                     model.job.ended_unix != 0 ? model.job.ended_unix : model.job.started_unix};
  // Once to count the pages, which every page names, and once for good.
  PdfDocument draft(info);
  const int pages = fill_pages(draft, model, 0);
  PdfDocument document(info);
  fill_pages(document, model, pages);
  return document.finish();
}

}  // namespace pretag
