// A run that several programs share out among them, on one machine or on many that see the same folder:
//
//   RUN/shards/shards.json   how many shards there are, and what makes them parts of the same run
//   RUN/shards/3-of-8/       a run folder of its own: the ledger of this part of the images, its log and settings
//
// No program waits for another. run/merge.h joins them in RUN.
#pragma once

#include <string>
#include <vector>

#include "pretag/run/progress.h"
#include "pretag/run/report_pass.h"
#include "pretag/run/results_pass.h"
#include "pretag/run/run_identity.h"
#include "pretag/source/shard.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// Where a shard works.
std::string shard_folder(const std::string& run_folder, const Shard& shard);

// Makes the folder. kInvalidArgument where `run_folder` holds something else than shards and what was merged of them.
Status prepare_shard_folder(FileSystem& files, const std::string& run_folder, const Shard& shard);

// The first shard of a run lays down what the others must agree with. kConflict says what differs and what to do,
// before hours of work that could not be merged.
Status claim_shards(FileSystem& files, const std::string& run_folder, const Shard& shard, const RunIdentity& identity);

// The same for what a shard has done already: shards may have been brought together from machines that share nothing.
Status check_shard_identity(const Ledger& ledger, const Shard& shard, const RunIdentity& identity);

// Keeps the file that config.selection names in the shard, as the merge may be elsewhere: kShardSelection.
inline constexpr char kShardSelection[] = "config/selection.json";
Status keep_selection(const RunOutputs& outputs, const RunConfig& config);

// A shard is done when its ledger says so, and not before: it may have been stopped while it listed its images.
Status finish_shard(const ResultsPass& pass);

// All shards of a run that are there to be merged.
struct ShardedRun {
  std::vector<Shard> shards;
  RunIdentity identity;
};
// kInvalidArgument for a folder without shards; kNotFound if some are not done, naming them.
Result<ShardedRun> find_finished_shards(FileSystem& files, const std::string& run_folder);

}  // namespace pretag
