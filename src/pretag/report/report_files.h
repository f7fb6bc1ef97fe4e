// Where the parts of a report lie in the run folder.
#pragma once

#include <string>
#include <vector>

#include "pretag/report/report_model.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

inline constexpr const char* kReportJsonFile = "report.json";
inline constexpr const char* kReportV2File = "report_v2.json";  // only with a selection
inline constexpr const char* kReportHtmlFile = "report.html";
inline constexpr const char* kReportPdfFile = "report.pdf";
inline constexpr const char* kPlotsFolder = "plots";
inline constexpr const char* kDebugImagesFolder = "data/bounding_boxes_examples";

// The file of each debug image, relative to the run folder: the image's name with "__" for "/" and ".jpg" at the end,
// distinct, at most 200 bytes, safe on any file system.
std::vector<std::string> debug_image_files(const ReportModel& model);

// Writes report.json, report_v2.json, report.html, report.pdf, plots/*.svg, plots/*.png and the debug images. Each file
// appears whole or not at all; after an error some may be there and others not, and calling again puts that right.
Status write_report(const ReportModel& model, FileSystem& files, const std::string& run_folder);

}  // namespace pretag
