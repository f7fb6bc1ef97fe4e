// What a run does with its data pool, if it has one.
#pragma once

#include "pretag/formats/embeddings_table.h"
#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/run/run.h"
#include "pretag/util/result.h"

namespace pretag {

// kInvalidArgument for a name that no pool can have.
Status check_pool(const RunRequest& request);

// The pool as the run met it first, or as RunRequest::datapool_file has it; empty without one. kInvalidArgument if its
// embeddings do not have `columns` numbers.
Result<EmbeddingsTable> pool_before(const RunRequest& request, const RunOutputs& outputs, size_t columns);

// Adds what a finished run selected to a pool of ours: once the results are where they belong, as an image of the pool
// is not selected again.
Status update_datapool(const RunRequest& request, FileSystem& files, ProgressSink& progress);

}  // namespace pretag
