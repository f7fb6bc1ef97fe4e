// CVAT for images 1.1 (docs.cvat.ai/docs/other/xml_format), one XML file. docs/formats/exports.md.
// Coordinates in the file: xtl, ytl, xbr, ybr are the corners in pixels, two decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// A box has its score as the attribute "score", which the file also declares for every label. CVAT knows an image by
// its path without extension, or else takes its id for the number of a frame: ids are those of the frames if all images
// are frames of one video, and else such as no task has. kInvalidArgument for an image without a size, and for a name
// that XML cannot hold.
Result<Notes> write_cvat(const DatasetView& dataset, const ExportTarget& target);

// Upright boxes; other shapes are left out, with a note.
Result<Dataset> read_cvat(const ImportSource& source);

// The same from text. kCorrupt names the image.
Result<Dataset> read_cvat_text(std::string_view xml);

}  // namespace pretag
