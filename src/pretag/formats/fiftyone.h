// FiftyOne's FiftyOneImageDetectionDataset (docs.voxel51.com, "FiftyOneImageDetectionDataset"): a folder with
// labels.json and, for where the images are, data.json. docs/formats/exports.md.
// Coordinates in the files: bounding_box = x, y, width, height relative to the image, six decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// Both files know an image by its path without extension. data.json leads to ExportTarget::image_prefix, a folder as
// seen from the working directory, or to the folder data/ beside it. kInvalidArgument for a prefix that is a URL, and
// for an image without a size.
Result<Notes> write_fiftyone(const DatasetView& dataset, const ExportTarget& target);

// `path` is the folder. Needs the images' sizes; the names come from data.json, or else from the sizes.
Result<Dataset> read_fiftyone(const ImportSource& source);

// labels.json and data.json (empty: there is none) as text.
Result<Dataset> read_fiftyone_text(std::string_view labels, std::string_view data, const std::vector<ImageSize>& sizes);

}  // namespace pretag
