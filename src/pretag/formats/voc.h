// Pascal VOC (host.robots.ox.ac.uk/pascal/VOC, development kit): Annotations/a/b.xml for a/b.jpg.
// docs/formats/exports.md.
// Coordinates in the files: xmin, ymin, xmax, ymax are whole numbers, the first and the last pixel of the box, counted
// from 1. So a box from edge x1 to edge x2, in continuous coordinates, has xmin = x1 + 1 and xmax = x2.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// Edges go to the nearest pixel edge, so a box moves by half a pixel at most; one thinner than a pixel becomes one
// pixel. With ExportTarget::scores an object also has a <score>, which is not in the format's definition.
// kInvalidArgument for an image without a size, and for a name that XML cannot hold.
Result<Notes> write_voc(const DatasetView& dataset, const ExportTarget& target);

// `path` is the folder Annotations or the one it stands in. An image's name is the file's <filename> in the folder in
// which the file stands. <difficult> objects count like others.
Result<Dataset> read_voc(const ImportSource& source);

// One file. kCorrupt names the object. `folder` is the image's, empty for none.
Result<Prediction> read_voc_file(std::string_view xml, const std::string& folder);

}  // namespace pretag
