#include "pretag/server/leases.h"

namespace pretag {

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
  return {};
}

Status renew_leases_of_worker(const Call& call, const std::string& worker_id) {
  PRETAG_ASSIGN(auto locked,
                list(call.sql, Table::kSchedules, {.owner = call.user.id, .name = worker_id, .state = "LOCKED"}));
  for (Record& job : locked) {
    job.expires_at = call.server.now_ms() + call.server.settings().lease_ms;
    PRETAG_TRY(update_if(call.sql, Table::kSchedules, job, "LOCKED"));
  }
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
