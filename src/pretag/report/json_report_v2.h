// report_v2.json: the report in the shape of the public Python client's ReportV2. docs/formats/report_v2_json.md says
// what each value means here, and which cannot be known.
#pragma once

#include <string>

#include "pretag/report/report_model.h"

namespace pretag {

// Every required key is there and no other: readers are strict. `model.selection` must be set: the shape has no place
// for a run without one.
std::string json_report_v2(const ReportModel& model);

}  // namespace pretag
