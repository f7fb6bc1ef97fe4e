// Runs: what came of a job. For this layer.
#pragma once

#include "pretag/server/call.h"

namespace pretag {

// The run {runId} of the path, of this user. 404 DOCKER_RUN_UNKNOWN.
Reply<Record> run_of(const Call& call);

// Nothing follows, but that a run that crashed may be taken up again.
bool is_over(const Record& run);

// Ends it as ABORTED unless it is over. Within a transaction.
Status abort_run(const Call& call, Record run);

}  // namespace pretag
