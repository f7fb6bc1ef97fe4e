// Joins the shards of a run: afterwards the run folder is as if one program had done it all.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "pretag/run/run.h"

namespace pretag {

struct MergeRequest {
  std::string run_folder;             // that the shards were given
  std::vector<std::string> settings;  // key=value, of the selection; the others are the shards'
  std::string shared_folder;          // as RunRequest::shared_folder
};

struct MergedRun {
  RunRequest request;  // of the whole run, for update_datapool()
  RunSummary summary;
};

// Blocks until the results are written or `cancel` becomes true (kCancelled). Calling it again merges anew. kNotFound
// if shards are not done; kConflict if they were given different settings, or what was merged before was of another
// run; the rest as execute_run().
Result<MergedRun> merge_run(const MergeRequest& request, FileSystem& files, ProgressSink& progress,
                            const std::atomic<bool>& cancel);

}  // namespace pretag
