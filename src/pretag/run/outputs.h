// Writes a run's files from the ledger: the dump, predictions, embeddings, lists of file names.
#pragma once

#include <string>
#include <vector>

#include "pretag/formats/lightly_predictions.h"
#include "pretag/run/progress.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// A run's files. Everything is relative to `folder`.
struct RunOutputs {
  FileSystem& files;
  std::string folder;

  std::string path(const std::string& relative) const { return folder + "/" + relative; }
};

// Whether a disk can have a file of this name: in a bucket, a part of it may have more than 255 bytes.
bool fits_on_disk(const std::string& path);

// A folder of the run with everything in it, if it is there.
Status remove_folder(const RunOutputs& outputs, const std::string& relative);

// data/embeddings.csv; none where no image has an embedding.
Status write_embeddings(const RunOutputs& outputs, const Ledger& ledger, ProgressSink& progress);

// data/bounding_boxes.json and data/.lightly/predictions/…; detections below the task's threshold stay in the ledger.
Status write_predictions(const RunOutputs& outputs, const Ledger& ledger, const LightlyTask& task,
                         ProgressSink& progress);

inline constexpr char kCorruptNames[] = "filenames/corrupt_filenames.txt";
// kCorruptNames and corruptness_check_information.json. Those that an earlier run left are not of one without the
// check.
Status write_corrupt_list(const RunOutputs& outputs, const Ledger& ledger);
Status remove_corrupt_list(const RunOutputs& outputs);

}  // namespace pretag
