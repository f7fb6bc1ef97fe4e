#include "pretag/formats/dataset_formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/formats/coco_dataset.h"
#include "pretag/formats/cvat.h"
#include "pretag/formats/dump_dataset.h"
#include "pretag/formats/fiftyone.h"
#include "pretag/formats/kitti.h"
#include "pretag/formats/label_studio.h"
#include "pretag/formats/lightly_dataset.h"
#include "pretag/formats/predictions_csv.h"
#include "pretag/formats/voc.h"
#include "pretag/formats/yolo_dataset.h"
#include "pretag/util/strings.h"

namespace pretag {

const std::vector<DatasetFormat>& dataset_formats() {
  static const std::vector<DatasetFormat> formats = {
      {.name = "coco", .description = "COCO object detection, a JSON file", .write = write_coco, .read = read_coco},
      {.name = "yolo",
       .description = "YOLO, a folder with labels/ and data.yaml",
       .write = write_yolo,
       .read = read_yolo,
       .extra_scores = true},
      {.name = "voc",
       .description = "Pascal VOC, a folder with Annotations/",
       .write = write_voc,
       .read = read_voc,
       .extra_scores = true},
      {.name = "kitti",
       .description = "KITTI 2D objects, a folder with label_2/",
       .write = write_kitti,
       .read = read_kitti},
      {.name = "labelstudio",
       .description = "Label Studio tasks, a folder with tasks.json and labels.xml",
       .write = write_label_studio,
       .read = read_label_studio,
       .tells_locations = true},
      {.name = "cvat", .description = "CVAT for images 1.1, an XML file", .write = write_cvat, .read = read_cvat},
      {.name = "fiftyone",
       .description = "FiftyOneImageDetectionDataset, a folder with labels.json and data.json",
       .write = write_fiftyone,
       .read = read_fiftyone,
       .tells_locations = true},
      {.name = "lightly",
       .description = "a prediction task, a folder with .lightly/predictions/",
       .write = write_lightly,
       .read = read_lightly,
       .adds = true},
      {.name = "csv", .description = "a table, a row for each box", .write = write_csv, .read = read_csv},
      {.name = "dump",
       .description = "the pretagging dump, a JSON file (bounding_boxes.json)",
       .write = write_dump,
       .read = read_dump},
  };
  return formats;
}

Result<const DatasetFormat*> dataset_format(const std::string& name) {
  std::vector<std::string> names;
  for (const DatasetFormat& format : dataset_formats()) {
    if (format.name == name) return &format;
    names.push_back(format.name);
  }
  const std::string meant = nearest(name, names);
  const std::string advice = meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("there is no format '{}'{} (formats: {})", one_line(name), advice, fmt::join(names, ", "))};
}

}  // namespace pretag
