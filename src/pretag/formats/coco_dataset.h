// COCO object detection (cocodataset.org/#format-data), one JSON file. docs/formats/exports.md.
// Coordinates in the file: bbox = x, y, width, height in pixels, two decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// Ids of images, categories and annotations count from 1. An annotation also has its "score", as results have.
// kInvalidArgument for an image without a size.
Result<Notes> write_coco(const DatasetView& dataset, const ExportTarget& target);

Result<Dataset> read_coco(const ImportSource& source);

}  // namespace pretag
