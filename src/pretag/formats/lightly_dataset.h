// Prediction tasks in the Lightly format, .lightly/predictions/<task>, as exports and imports.
// formats/lightly_predictions.h has the files, docs/formats/lightly_predictions.md tells of them.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// Adds ExportTarget::task to the tasks in `path`/.lightly/predictions. kInvalidArgument if it is there already.
Result<Notes> write_lightly(const DatasetView& dataset, const ExportTarget& target);

// `path` is the folder with .lightly, a run folder, the predictions folder or that of a task. kInvalidArgument if
// there are several tasks and none is named.
Result<Dataset> read_lightly(const ImportSource& source);

// schema.json as text: the categories' names by their ids. kUnsupported for anything but object detection.
Result<std::map<int64_t, std::string>> read_lightly_schema(std::string_view json);
// An image's file as text.
Result<Prediction> read_lightly_image(std::string_view json, const std::map<int64_t, std::string>& categories);

}  // namespace pretag
