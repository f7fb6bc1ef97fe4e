#include "pretag/server/dead_workers.h"

#include <fmt/format.h>

#include "pretag/server/runs.h"

namespace pretag {
namespace {

constexpr int kMostDeadWorkers = 5;
constexpr int64_t kSoonMs = 10 * 60'000;

Status give_up(const Call& call, Record run) {
  if (is_over(run) && run.state != "CRASHED") return {};
  const auto message = run.document.value("message", "");
  run.document["message"] = fmt::format(
      "Given up: {} workers, one after the other, were not heard of again soon after they had begun with this job "
      "(killed, or out of memory?). Last state: {}{}{}",
      kMostDeadWorkers, run.state, message.empty() ? "" : ", ", message);
  run.state = "FAILED";
  run.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kRuns, run));
  return {};
}

}  // namespace

Status take_from_dead_worker(const Call& call, Record& job) {
  const int64_t last_heard = job.expires_at - call.server.settings().lease_ms;
  const bool died_soon = last_heard - job.modified_at < kSoonMs;
  PRETAG_ASSIGN(auto run,
                find_first(call.sql, Table::kRuns, {.parent = job.parent, .name = job.id, .newest_first = true}));
  // Else it may not even know of its lock, or has died before the job could be the reason.
  const bool had_begun = run && run->modified_at >= job.modified_at;
  if (!died_soon) forget_dead_workers(job);
  if (died_soon && had_begun) job.document[kDeadWorkers] = job.document.value(kDeadWorkers, 0) + 1;
  const bool too_many = job.document.value(kDeadWorkers, 0) >= kMostDeadWorkers;
  if (too_many && run) PRETAG_TRY(give_up(call, *std::move(run)));
  job.state = too_many ? "DONE" : "OPEN";
  job.name.clear();
  job.modified_at = call.server.now_ms();
  job.expires_at = 0;
  return {};
}

void forget_dead_workers(Record& job) { job.document.erase(kDeadWorkers); }

}  // namespace pretag
