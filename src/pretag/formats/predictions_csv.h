// A table of detections, a row each: filename,width,height,label,score,x1,y1,x2,y2. docs/formats/exports.md.
// Coordinates in the file: corners in pixels, two decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// An image in which nothing is has one row, with the fields from the label on empty. Without a size, width and height
// are empty, too.
Result<Notes> write_csv(const DatasetView& dataset, const ExportTarget& target);

// Columns are found by their names, in any order; others are read over. "score", "width" and "height" may be missing.
Result<Dataset> read_csv(const ImportSource& source);

// The same from text. kCorrupt names the row, the header being row 1.
Result<Dataset> read_csv_text(std::string_view text);

}  // namespace pretag
