// What becomes of a job whose worker has died. For this layer.
#pragma once

#include "pretag/server/call.h"

namespace pretag {

// Makes the locked `job` open again; or done, and its run FAILED, if it has ended too many workers: it would end all
// that there are, one after the other, and for ever. What counts is a worker that dies soon after it has begun, which
// leaves healthy jobs alone: of machines that come and go, too, some worker stays for longer or stops in order.
// `job` is not stored. Within a transaction.
Status take_from_dead_worker(const Call& call, Record& job);
// The worker of `job` lives, and gives it back.
void forget_dead_workers(Record& job);

// In the document of a job: how many have died at it in a row. Clients must not see it: strict ones know no such key.
inline constexpr char kDeadWorkers[] = "deadWorkers";

}  // namespace pretag
