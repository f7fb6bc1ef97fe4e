// pretagging_upload: the predictions of a run become a prediction task of the datasource, for later runs and other
// programs.
#pragma once

#include <atomic>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Copies the task lightly_pretagging from the run folder into `lightly_folder`/predictions (docs/formats/
// lightly_predictions.md) and adds it to tasks.json there; other tasks stay. What was there of the same image is
// replaced. tasks.json comes last, so that nobody reads half a task as a whole one. kNotFound where the run made no
// predictions; kConflict where those of other images would become ones of other classes; kCorrupt for a tasks.json that
// is no list of names; kIo, as for a mount that is read-only; kCancelled when `cancel` becomes true.
Status export_predictions(FileSystem& files, const std::string& run_folder, const std::string& lightly_folder,
                          const std::atomic<bool>& cancel);

}  // namespace pretag
