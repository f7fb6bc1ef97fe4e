// report.json: every number of the report, for programs. docs/formats/report_json.md describes it.
#pragma once

#include <string>

#include "pretag/report/report_model.h"

namespace pretag {

// Raised when a key changes its meaning or goes away; new keys do not raise it.
inline constexpr int kReportSchemaVersion = 1;

// Indented, UTF-8, keys in a fixed order, a newline at the end. Bytes that are not UTF-8 become U+FFFD.
std::string json_report(const ReportModel& model);

}  // namespace pretag
