// report.pdf: the report to print and to forward. Charts and boxes are lines and text, pictures are JPEGs.
#pragma once

#include <string>

#include "pretag/report/report_model.h"
#include "pretag/util/result.h"

namespace pretag {

// Longer lists are cut in the PDF, and say where the rest is.
inline constexpr size_t kMostPdfRows = 60;

// A4. The same model gives the same bytes. kInternal if Cairo fails.
Result<std::string> pdf_report(const ReportModel& model);

}  // namespace pretag
