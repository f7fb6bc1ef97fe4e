#include "pretag/server/leases.h"

#include <algorithm>
#include <array>
#include <limits>

#include "pretag/server/runs.h"

namespace pretag {

Status extend_leases(SqlConnection& sql, int64_t until_ms) {
  const std::array<SqlValue, 1> until = {until_ms};
  PRETAG_TRY(sql.change("UPDATE schedules SET expires_at = ?1 WHERE state = 'LOCKED' AND expires_at < ?1", until));
  return {};
}

Status end_run_of_cancelled(const Call& call, Record& job) {
  job.expires_at = std::numeric_limits<int64_t>::max();  // there is nothing left to wait for
  PRETAG_ASSIGN(auto run,
                find_first(call.sql, Table::kRuns, {.parent = job.parent, .name = job.id, .newest_first = true}));
  return run ? abort_run(call, *std::move(run)) : Status();
}

Status release_expired_leases(const Call& call) {
  PRETAG_ASSIGN(auto expired, list(call.sql, Table::kSchedules,
                                   {.owner = call.user.id, .state = "LOCKED", .expires_before = call.server.now_ms()}));
  for (Record& job : expired) {
    job.state = "OPEN";
    job.name.clear();
    job.modified_at = call.server.now_ms();
    // Whoever was quicker has done it.
    PRETAG_TRY(update_if(call.sql, Table::kSchedules, job, "LOCKED"));
  }
  PRETAG_ASSIGN(auto cancelled,
                list(call.sql, Table::kSchedules,
                     {.owner = call.user.id, .state = "CANCELED", .expires_before = call.server.now_ms()}));
  for (Record& job : cancelled) {
    PRETAG_TRY(end_run_of_cancelled(call, job));
    PRETAG_TRY(update_if(call.sql, Table::kSchedules, job, "CANCELED"));
  }
  return {};
}

Status release_expired_leases_if_any(const Call& call) {
  int64_t expired = 0;
  for (const char* state : {"LOCKED", "CANCELED"}) {
    const RecordFilter filter{.owner = call.user.id, .state = state, .expires_before = call.server.now_ms()};
    PRETAG_ASSIGN(const int64_t found, count(call.sql, Table::kSchedules, filter));
    expired += found;
  }
  if (expired == 0) return {};
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_TRY(release_expired_leases(call));
  return transaction.commit();
}

Status renew_lease_of_worker(const Call& call, const std::string& worker_id) {
  PRETAG_ASSIGN(auto locked,
                list(call.sql, Table::kSchedules, {.owner = call.user.id, .name = worker_id, .state = "LOCKED"}));
  const auto latest = std::ranges::max_element(locked, {}, &Record::modified_at);
  if (latest == locked.end()) return {};
  latest->expires_at = call.server.now_ms() + call.server.settings().lease_ms;
  PRETAG_TRY(update_if(call.sql, Table::kSchedules, *latest, "LOCKED"));
  return {};
}

Status renew_lease_of_job(const Call& call, const std::string& scheduled_id) {
  if (scheduled_id.empty()) return {};
  PRETAG_ASSIGN(auto job, find(call.sql, Table::kSchedules, scheduled_id));
  if (!job || job->state != "LOCKED") return {};
  job->expires_at = call.server.now_ms() + call.server.settings().lease_ms;
  PRETAG_TRY(update_if(call.sql, Table::kSchedules, *job, "LOCKED"));
  return {};
}

}  // namespace pretag
