#include "pretag/server/leases.h"

#include <algorithm>
#include <array>
#include <limits>

#include "pretag/server/dead_workers.h"
#include "pretag/server/runs.h"

namespace pretag {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

Status extend_leases(SqlConnection& sql, int64_t until_ms) {
  const std::array<SqlValue, 1> until = {until_ms};
  PRETAG_TRY(sql.change("UPDATE schedules SET expires_at = ?1 WHERE state = 'LOCKED'", until));
  const std::array<SqlValue, 2> between = {until_ms, kNever};
  PRETAG_TRY(sql.change(
      "UPDATE schedules SET expires_at = ?1 WHERE state = 'CANCELED' AND expires_at > ?1 AND expires_at < ?2",
      between));
  return {};
}

Status extend_leases_after_outage(ServerContext& server, SqlConnection& sql) {
  const int64_t now = server.now_ms();
  if (!server.outage().lasts(now)) return {};
  PRETAG_TRY(extend_leases(sql, now + server.settings().lease_ms));
  server.outage().end(now);
  return {};
}

Status end_run_of_cancelled(const Call& call, Record& job) {
  job.expires_at = kNever;  // there is nothing left to wait for
  PRETAG_ASSIGN(auto run,
                find_first(call.sql, Table::kRuns, {.parent = job.parent, .name = job.id, .newest_first = true}));
  return run ? abort_run(call, *std::move(run)) : Status();
}

Status release_expired_leases(const Call& call) {
  if (call.server.outage().lasts(call.server.now_ms())) return {};
  PRETAG_ASSIGN(auto expired, list(call.sql, Table::kSchedules,
                                   {.owner = call.user.id, .state = "LOCKED", .expires_before = call.server.now_ms()}));
  for (Record& job : expired) {
    PRETAG_TRY(take_from_dead_worker(call, job));
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
