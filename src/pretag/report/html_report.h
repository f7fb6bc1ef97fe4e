// report.html: one file that needs nothing else: it opens offline, asks no server for anything and runs no script but
// its own (a content security policy with that script's hash says so to the browser).
#pragma once

#include <string>

#include "pretag/report/report_model.h"

namespace pretag {

// The page stays below 5 MB unless there are a thousand classes: at most so many previews are put in, fewer if they are
// crowded with boxes.
inline constexpr size_t kMostEmbeddedImages = 24;

// Ids, data-* attributes and class names are what scripts and tests may rely on: every section is
// <section id="…" data-section="…">; see docs/formats/report_html.md.
std::string html_report(const ReportModel& model);

}  // namespace pretag
