// Label Studio tasks with pre-annotations (labelstud.io/guide/predictions): a folder with tasks.json, to be imported,
// and labels.xml, the labelling interface that goes with it. docs/formats/exports.md.
// Coordinates in the files: x, y, width, height in percent of the image, four decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// A task's data has "image", where Label Studio finds the image (ExportTarget::image_prefix before its name), and
// "filename", the name. kInvalidArgument for an image without a size, and for class names that XML cannot hold.
Result<Notes> write_label_studio(const DatasetView& dataset, const ExportTarget& target);

// `path` is the folder or a JSON export. A task that people have worked on gives their last annotation that was not
// cancelled, any other its first prediction. Turned rectangles become the upright box around them; other shapes are
// left out; both with a note.
Result<Dataset> read_label_studio(const ImportSource& source);

// The tasks as text.
Result<Dataset> read_label_studio_text(std::string_view json, const std::string& image_prefix);

}  // namespace pretag
