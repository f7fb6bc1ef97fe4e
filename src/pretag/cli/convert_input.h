// What pretag convert writes: the detections of a run, or those of another tool's files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "pretag/formats/dataset.h"
#include "pretag/formats/dataset_formats.h"
#include "pretag/util/result.h"

namespace pretag {

// Which detections are wanted, and what became of the others.
struct ConvertInput {
  DatasetView view;  // owns what it reads from; a box is inside its image, and none is empty
  // What was found while `view` was visited for the first time.
  struct Findings {
    size_t images = 0, boxes = 0;
    int64_t to_come = 0;  // images of a run that is not finished
    Notes notes;
    std::unordered_set<std::string> unseen;  // names, as the list of selected images has them, of no image visited
  };
  std::shared_ptr<const Findings> findings;
};

// A run's detections; only those of the images that filenames/sampled_filenames.txt lists if `selected`. Without
// `min_score` the run's own threshold counts. Errors name the file and say what to do.
Result<ConvertInput> open_run(const std::string& run_folder, bool selected, std::optional<double> min_score);

// What the format's reader finds.
Result<ConvertInput> open_dataset(const DatasetFormat& format, const ImportSource& source, double min_score);

// The sizes of the images in a run's ledger, or in a folder, whose images are opened for it; those that cannot be read
// are named in `notes`. In byte order of the names.
Result<std::vector<ImageSize>> read_sizes(const std::string& run_or_images, Notes& notes);

}  // namespace pretag
