// The formats that detections are written in and read from: a line each in dataset_formats.cc.
#pragma once

#include <string>
#include <vector>

#include "pretag/formats/dataset.h"

namespace pretag {

struct DatasetFormat {
  std::string name;         // as people say it on the command line
  std::string description;  // for people, a line
  Result<Notes> (*write)(const DatasetView& dataset, const ExportTarget& target);
  Result<Dataset> (*read)(const ImportSource& source);
  bool adds = false;             // the output may be there already: something is added to it
  bool tells_locations = false;  // ExportTarget::image_prefix has a meaning
  bool extra_scores = false;     // ExportTarget::scores has a meaning
};

const std::vector<DatasetFormat>& dataset_formats();

// kInvalidArgument names the nearest known one, or all.
Result<const DatasetFormat*> dataset_format(const std::string& name);

}  // namespace pretag
