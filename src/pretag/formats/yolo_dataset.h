// A YOLO dataset (docs.ultralytics.com/datasets/detect): data.yaml with the class names, and labels/a/b.txt for
// images/a/b.jpg; see yolo_label_paths() where there are more folders called "images". docs/formats/exports.md.
// Coordinates in the files: "class cx cy w h", relative to the image, six decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// Every image gets a file, an empty one if nothing is in it. With ExportTarget::scores the score is a sixth number, as
// predictions have it; training wants five. kInvalidArgument for an image without a size.
Result<Notes> write_yolo(const DatasetView& dataset, const ExportTarget& target);

// `path` is the dataset's folder or that of its labels. Needs the images' sizes, which also say their names.
Result<Dataset> read_yolo(const ImportSource& source);

}  // namespace pretag
