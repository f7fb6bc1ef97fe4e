// KITTI's 2D object labels (cvlibs.net, object development kit, readme.txt): label_2/a/b.txt for a/b.png, an object a
// line, 15 columns, and a 16th with the score in results. docs/formats/exports.md.
// Coordinates in the files: left, top, right, bottom in pixels from 0, two decimals.
#pragma once

#include "pretag/formats/dataset.h"

namespace pretag {

// What a detector in two dimensions does not know has the devkit's value for "not set". Columns are separated by
// spaces, so a class "traffic light" is written traffic_light, with a note; kInvalidArgument if that is another
// class's name.
Result<Notes> write_kitti(const DatasetView& dataset, const ExportTarget& target);

// `path` is the folder label_2 or the one it stands in. DontCare lines are no objects. The files tell neither sizes nor
// the images' extension: both come from the sizes, and without these an image is taken to be a .png.
Result<Dataset> read_kitti(const ImportSource& source);

// The objects of a file. kCorrupt names the line.
Result<std::vector<Detection>> read_kitti_objects(std::string_view text);

}  // namespace pretag
