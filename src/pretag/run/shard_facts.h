// What the shards of a run say of themselves, for the merge.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/run/config.h"
#include "pretag/run/report_facts.h"
#include "pretag/run/run_timer.h"
#include "pretag/run/shards.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// Of all of them together.
struct ShardFacts {
  RunConfig config;                         // the same for all
  std::string selection;                    // the content of the file that config.selection names; likewise
  std::string embeddings;                   // the fact of the user's own; likewise
  std::vector<std::string> embedded_tasks;  // that all were looked at with
  ModelFacts model;                         // likewise
  Workplace workplace;
  WorkDone work;
  int64_t images = 0;
};

// kConflict where the shards were given different settings, or files of different content.
Result<ShardFacts> read_shard_facts(const FileSystem& files, const std::string& run_folder, const ShardedRun& run);

}  // namespace pretag
