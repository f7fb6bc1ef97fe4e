// The ledgers of the shards of a run, joined to one.
#pragma once

#include <atomic>
#include <string>

#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/run/shard_facts.h"
#include "pretag/run/shards.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// Joins them in a file beside the run folder's ledger, which is locked meanwhile, stays as it is until all is done, and
// is then replaced. kConflict if it is of another run, or knows more than the shards; kUnavailable if somebody works in
// it; kNotFound if the shards have no images; kCancelled.
Result<LedgerCounts> join_shards(const RunOutputs& outputs, const ShardedRun& run, const ShardFacts& facts,
                                 ProgressSink& progress, const std::atomic<bool>& cancel);

}  // namespace pretag
