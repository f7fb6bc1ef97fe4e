// The sections of report.pdf. A further one is a function here, in a file pdf_<name>.cc, and a line in pdf_report.cc.
#pragma once

#include "pretag/report/palette.h"
#include "pretag/report/pdf_flow.h"
#include "pretag/report/report_model.h"

namespace pretag {

// Each adds nothing if there is nothing to show.
void pdf_title(PdfFlow& flow, const ReportModel& model);
void pdf_selection(PdfFlow& flow, const ReportModel& model);
void pdf_objects(PdfFlow& flow, const ReportModel& model);
void pdf_videos(PdfFlow& flow, const ReportModel& model);
void pdf_classes(PdfFlow& flow, const ReportModel& model);
void pdf_distributions(PdfFlow& flow, const ReportModel& model);
void pdf_embeddings(PdfFlow& flow, const ReportModel& model);
void pdf_picture_map(PdfFlow& flow, const ReportModel& model);
void pdf_pairs(PdfFlow& flow, const ReportModel& model);
void pdf_rare(PdfFlow& flow, const ReportModel& model);
void pdf_examples(PdfFlow& flow, const ReportModel& model);
void pdf_lists(PdfFlow& flow, const ReportModel& model);
void pdf_run(PdfFlow& flow, const ReportModel& model);

// Charts of the PDF are drawn for this width and scaled to the page's, and half as wide side by side.
inline constexpr double kPdfChartWidth = 760, kPdfHalfChartWidth = 369;

}  // namespace pretag
