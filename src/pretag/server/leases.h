// A worker has a job for as long as it is heard of: a lock that expires. For this layer; all within a transaction, but
// for release_expired_leases_if_any().
#pragma once

#include <string>

#include "pretag/server/call.h"

namespace pretag {

// The worker {workerId} of the path, of this user. 404 DOCKER_WORKER_UNKNOWN.
Reply<Record> worker_of(const Call& call);

// While a server is away no worker can be heard of: when it comes back, no job is taken from one before `until_ms`. Nor
// much later, from one that died before the clock was set back.
Status extend_leases(SqlConnection& sql, int64_t until_ms);
// The same when the database comes back. Until it has succeeded, nothing is released.
Status extend_leases_after_outage(ServerContext& server, SqlConnection& sql);
// Ends the run of a cancelled job that no worker is at to say so: clients wait for that. `job` is not stored.
Status end_run_of_cancelled(const Call& call, Record& job);
// Jobs of silent workers are open again; the runs of those that were cancelled meanwhile have ended.
Status release_expired_leases(const Call& call);
// The same for those who read, which is frequent: they need not wait for whoever writes if there is nothing to do.
Status release_expired_leases_if_any(const Call& call);
// A worker that says that it is busy is at work on what it locked last; a lock from before, whose answer it has missed,
// expires. One that says it is idle is at work on nothing, and so a worker that was restarted gets its own job back
// when the lock has expired.
Status renew_lease_of_worker(const Call& call, const std::string& worker_id);
// So does news of a run.
Status renew_lease_of_job(const Call& call, const std::string& scheduled_id);

}  // namespace pretag
