// Jobs: scheduled by users, locked, done or given back by workers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "pretag/server/call.h"
#include "pretag/server/crops.h"
#include "pretag/server/dead_workers.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/leases.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kPriorities = {"CRITICAL", "HIGH", "MID", "LOW"};

json job_data(const Record& job) {
  json data = job.document;
  data.erase(kDeadWorkers);
  data["id"] = job.id;
  data["userId"] = job.owner;
  data["owner"] = job.owner;
  data["datasetId"] = job.parent;
  data["state"] = job.state;
  data["createdAt"] = job.created_at;
  data["lastModifiedAt"] = job.modified_at;
  return data;
}

ApiError update_failed(std::string message) {
  return {400, "DOCKER_WORKER_SCHEDULE_UPDATE_FAILED", std::move(message)};
}

Reply<Record> job_of(const Call& call, const Record& dataset) {
  return child_of(call, Table::kSchedules, "scheduledId", dataset.id, "DOCKER_WORKER_SCHEDULE_UNKNOWN",
                  "scheduled run in this dataset");
}

// Objects are found in images, and selected there.
Reply<Done> check_that_runs_are_possible(const Call& call, const Record& dataset) {
  if (!holds_crops(dataset)) return Done();
  PRETAG_ASSIGN(const auto parent, parent_of_crops(call, dataset));
  const std::string instead = parent
                                  ? fmt::format("the one that they were cut from, '{}' ({})", parent->name, parent->id)
                                  : "the images that they were cut from";
  return bad_request("this dataset has crops, of which there are no runs; schedule the run on " + instead);
}

Reply<HttpResponse> schedule(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string config_id, required_id(body, "configId"));
  PRETAG_ASSIGN(const auto priority, optional_choice(body, "priority", {"LOW", "MID", "HIGH", "CRITICAL"}));
  PRETAG_ASSIGN(const json runs_on, text_list(body, "runsOn", 100, {1, 200}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_TRY(check_that_runs_are_possible(call, dataset));
  PRETAG_ASSIGN(const auto config, find(call.sql, Table::kConfigs, config_id));
  if (!config || config->owner != call.user.id) {
    return not_found("DOCKER_WORKER_CONFIG_UNKNOWN", "there is no such configuration of a worker");
  }
  Record job = call.new_record(dataset.id, "");
  job.state = "OPEN";
  job.document = {{"configId", config_id}, {"priority", priority.value_or("MID")}, {"runsOn", runs_on}};
  PRETAG_TRY(insert(call.sql, Table::kSchedules, job));
  dataset.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return created(job.id);
}

// ?state= and ?states=, by default those that are not over.
std::set<std::string> wanted_states(const Call& call) {
  std::set<std::string> states;
  for (const char* key : {"state", "states"}) {
    for (std::string& state : call.request.target.all(key)) states.insert(std::move(state));
  }
  if (states.empty()) states = {"OPEN", "LOCKED"};
  return states;
}

Reply<HttpResponse> get_jobs(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_TRY(release_expired_leases_if_any(call));
  const auto states = wanted_states(call);
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kSchedules, {.parent = dataset.id, .newest_first = true}, [&](Record&& job) {
    if (states.contains(job.state)) answer.add(job_data(job));
    return Status();
  }));
  return answer.reply();
}

Reply<HttpResponse> get_job(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record job, job_of(call, dataset));
  return json_reply(job_data(job));
}

Reply<HttpResponse> cancel(Call& call) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record job, job_of(call, dataset));
  if (job.state == "DONE") return update_failed("the run is done; there is nothing to cancel");
  const bool worker_is_at_it = job.state == "LOCKED" && job.expires_at >= call.server.now_ms();
  if (!worker_is_at_it) PRETAG_TRY(end_run_of_cancelled(call, job));
  job.state = "CANCELED";
  job.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kSchedules, job));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

// Labels that a job asks for are all among those of the worker.
bool may_run(const Record& job, const std::vector<std::string>& labels) {
  return std::ranges::all_of(job.document["runsOn"], [&](const json& label) {
    return std::ranges::find(labels, label.get_ref<const std::string&>()) != labels.end();
  });
}

size_t rank(const Record& job) {
  const auto priority = job.document["priority"].get<std::string>();
  return static_cast<size_t>(std::ranges::find(kPriorities, priority) - kPriorities.begin());
}

// The most urgent first; of the same priority, the oldest.
Reply<HttpResponse> jobs_for(const Call& call, const std::vector<std::string>& labels) {
  PRETAG_TRY(release_expired_leases_if_any(call));
  auto states = wanted_states(call);
  if (call.query("state").empty()) states = {"OPEN"};
  std::vector<Record> jobs;
  for (const std::string& state : states) {
    PRETAG_TRY(visit(call.sql, Table::kSchedules, {.owner = call.user.id, .state = state}, [&](Record&& job) {
      if (call.flag("includeUnlockableRuns") || may_run(job, labels)) jobs.push_back(std::move(job));
      return Status();
    }));
  }
  std::ranges::stable_sort(jobs, {}, [](const Record& job) { return std::pair(rank(job), job.position); });
  JsonArray answer;
  for (const Record& job : jobs) answer.add(job_data(job));
  return answer.reply();
}

Reply<HttpResponse> get_jobs_for_worker(Call& call) {
  PRETAG_ASSIGN(const Record worker, worker_of(call));
  return jobs_for(call, worker.document["labels"].get<std::vector<std::string>>());
}

Reply<HttpResponse> get_jobs_for_labels(Call& call) { return jobs_for(call, call.request.target.all("labels")); }

// What a worker may make of a job: nullptr, or why not.
const char* objection(const Record& job, const std::string& worker, const std::string& wanted) {
  const bool has_lock = job.state == "LOCKED" && job.name == worker;
  // An answer that was lost on its way is asked for again, here and with DONE.
  if (wanted == "LOCKED") {
    return job.state == "OPEN" || has_lock ? nullptr : "somebody else has the run, or it is over";
  }
  // A worker that has stopped may confirm what the user wished.
  if (job.state == "CANCELED" && wanted == "CANCELED") return nullptr;
  if (job.state == "DONE" && wanted == "DONE" && job.name == worker) return nullptr;
  return has_lock ? nullptr : "this worker does not have the run; its lock may have expired";
}

Reply<HttpResponse> update_by_worker(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string state, required_choice(body, "state", {"OPEN", "LOCKED", "DONE", "CANCELED"}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record worker, worker_of(call));
  PRETAG_TRY(release_expired_leases(call));
  PRETAG_ASSIGN(Record job, job_of(call, dataset));
  if (job.owner != call.user.id) return update_failed("the run is of somebody else, whose workers do it");
  if (const char* reason = objection(job, worker.id, state)) return update_failed(reason);
  if (state == "LOCKED" && !may_run(job, worker.document["labels"].get<std::vector<std::string>>())) {
    return update_failed("this worker does not have all the labels that the run asks for");
  }
  const std::string before = job.state;
  if (state == "OPEN" && worker.state != "BUSY") {
    PRETAG_TRY(take_from_dead_worker(call, job));  // it is at work on nothing: it was restarted
  } else {
    if (state == "OPEN") forget_dead_workers(job);
    job.state = state;
    job.name = state == "OPEN" ? "" : worker.id;
    job.modified_at = call.server.now_ms();
    job.expires_at = state == "LOCKED" ? job.modified_at + call.server.settings().lease_ms : 0;
  }
  PRETAG_ASSIGN(const bool updated, update_if(call.sql, Table::kSchedules, job, before));
  if (!updated) return update_failed("somebody else was faster");
  PRETAG_TRY(transaction.commit());
  return no_content();
}

}  // namespace

void add_schedule_routes(Router& router) {
  const std::string of_dataset = "/v1/datasets/{datasetId}/docker/worker";
  router.add("POST", of_dataset + "/schedule", schedule);
  router.add("GET", of_dataset + "/schedule", get_jobs);
  router.add("GET", of_dataset + "/schedule/{scheduledId}", get_job);
  router.add("PUT", of_dataset + "/schedule/{scheduledId}", cancel);
  router.add("PUT", of_dataset + "/{workerId}/schedule/{scheduledId}", update_by_worker);
  router.add("GET", "/v1/docker/worker/schedule", get_jobs_for_labels);
  router.add("GET", "/v1/docker/worker/{workerId}/schedule", get_jobs_for_worker);
}

}  // namespace pretag
