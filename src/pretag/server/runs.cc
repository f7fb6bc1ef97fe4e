#include "pretag/server/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pretag/server/json_fields.h"
#include "pretag/server/leases.h"
#include "pretag/server/routes.h"
#include "pretag/server/tag_data.h"

namespace pretag {
namespace {

using nlohmann::json;

// Of what may be a stack trace; a run must not stay without its end for it.
constexpr TextRule kMessage{.shortest = 0, .longest = 1 << 20, .any_characters = true};
constexpr std::array<std::string_view, 4> kFinalStates = {"COMPLETED", "FAILED", "CRASHED", "ABORTED"};

// Clients 1.4.8 to 1.4.20 fail on an artifact type that came later.
bool knows_report_v2(const Call& call) {
  const auto version = call.client_version();
  return version < std::array{1, 4, 8} || version > std::array{1, 4, 20};
}

Reply<json> run_data(const Call& call, const Record& run) {
  json data = run.document;
  data["id"] = run.id;
  data["userId"] = run.owner;
  data["state"] = run.state;
  data["createdAt"] = run.created_at;
  data["lastModifiedAt"] = run.modified_at;
  if (!run.parent.empty()) data["datasetId"] = run.parent;
  if (!run.name.empty()) data["scheduledId"] = run.name;
  data["artifacts"] = json::array();
  PRETAG_TRY(visit(call.sql, Table::kArtifacts, {.parent = run.id, .state = "confirmed"}, [&](Record&& artifact) {
    if (artifact.document["type"] == "REPORT_V2_JSON" && !knows_report_v2(call)) return Status();
    json entry = artifact.document;
    entry["id"] = artifact.id;
    entry["createdAt"] = artifact.created_at;
    data["artifacts"].push_back(std::move(entry));
    return Status();
  }));
  return data;
}

// A job that another worker has to take up goes on in the run that it had: no job has two sets of results.
Reply<HttpResponse> create_run(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string version, required_text(body, "dockerVersion", {1, 100}));
  PRETAG_ASSIGN(auto dataset_id, optional_id(body, "datasetId"));
  PRETAG_ASSIGN(auto scheduled_id, optional_id(body, "scheduledId"));
  PRETAG_ASSIGN(auto config_id, optional_id(body, "configId"));
  PRETAG_ASSIGN(const auto message, optional_text(body, "message", kMessage));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  if (scheduled_id) {
    PRETAG_ASSIGN(const auto job, find(call.sql, Table::kSchedules, *scheduled_id));
    if (!job || job->owner != call.user.id) {
      return not_found("DOCKER_WORKER_SCHEDULE_UNKNOWN", "there is no such scheduled run");
    }
    dataset_id = job->parent;
    config_id = job->document["configId"].get<std::string>();
  } else if (dataset_id) {
    PRETAG_ASSIGN(const auto dataset, find(call.sql, Table::kDatasets, *dataset_id));
    if (!dataset || dataset->owner != call.user.id) return not_found("DATASET_UNKNOWN", "there is no such dataset");
  }
  Record run = call.new_record(dataset_id.value_or(""), scheduled_id.value_or(""));
  bool is_new = true;
  if (scheduled_id) {
    PRETAG_ASSIGN(auto earlier,
                  find_first(call.sql, Table::kRuns, {.parent = run.parent, .name = run.name, .newest_first = true}));
    is_new = !earlier || is_over(*earlier);
    if (!is_new) run = *std::move(earlier);
  }
  run.state = "STARTED";
  run.modified_at = call.server.now_ms();
  run.document["dockerVersion"] = version;
  if (config_id) run.document["configId"] = *config_id;
  if (message) run.document["message"] = *message;
  if (is_new) {
    PRETAG_TRY(insert(call.sql, Table::kRuns, run));
  } else {
    PRETAG_TRY(update(call.sql, Table::kRuns, run));
  }
  PRETAG_TRY(transaction.commit());
  return created(run.id);
}

Reply<HttpResponse> update_run(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string state, required_choice(body, "state",
                                                         {"STARTED",
                                                          "INITIALIZING",
                                                          "LOADING_DATASET",
                                                          "LOADING_METADATA",
                                                          "LOADING_PREDICTION",
                                                          "CHECKING_CORRUPTNESS",
                                                          "INITIALIZING_OBJECT_CROPS",
                                                          "COMPUTING_METADATA",
                                                          "TRAINING",
                                                          "EMBEDDING",
                                                          "EMBEDDING_OBJECT_CROPS",
                                                          "PRETAGGING",
                                                          "COMPUTING_ACTIVE_LEARNING_SCORES",
                                                          "SAMPLING",
                                                          "EMBEDDING_FULL_IMAGES",
                                                          "SAVING_RESULTS",
                                                          "UPLOADING_DATASET",
                                                          "GENERATING_REPORT",
                                                          "UPLOADING_REPORT",
                                                          "UPLOADED_REPORT",
                                                          "UPLOADING_ARTIFACTS",
                                                          "UPLOADED_ARTIFACTS",
                                                          "COMPLETED",
                                                          "FAILED",
                                                          "CRASHED",
                                                          "ABORTED"}));
  PRETAG_ASSIGN(const auto message, optional_text(body, "message", kMessage));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record run, run_of(call));
  // A worker that was cut off may come back after another one has ended the run. One that crashed is taken up again.
  if (is_over(run) && run.state != "CRASHED" && state != run.state) {
    return bad_request(fmt::format("the run has ended: it is {}", run.state));
  }
  run.state = state;
  run.modified_at = call.server.now_ms();
  if (message) run.document["message"] = *message;
  PRETAG_TRY(update(call.sql, Table::kRuns, run));
  PRETAG_TRY(renew_lease_of_job(call, run.name));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

// Who asks for a run alone learns, too, that its worker has died after it was cancelled.
Reply<HttpResponse> get_run(Call& call) {
  PRETAG_TRY(release_expired_leases_if_any(call));
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(const json data, run_data(call, run));
  return json_reply(data);
}

Reply<HttpResponse> get_run_of_job(Call& call) {
  PRETAG_TRY(release_expired_leases_if_any(call));
  const std::string& scheduled_id = call.parameter("scheduledId");
  PRETAG_ASSIGN(const auto job, find(call.sql, Table::kSchedules, scheduled_id));
  RecordFilter of_job{.owner = call.user.id, .name = scheduled_id, .newest_first = true};
  if (job) of_job.parent = job->parent;  // an index helps then; a dataset that was deleted took its jobs with it
  PRETAG_ASSIGN(const auto run, find_first(call.sql, Table::kRuns, of_job));
  if (!run || scheduled_id.empty())
    return not_found("DOCKER_RUN_UNKNOWN", "no worker has begun with this scheduled run yet");
  PRETAG_ASSIGN(const json data, run_data(call, *run));
  return json_reply(data);
}

Reply<HttpResponse> list_runs(const Call& call, RecordFilter filter) {
  PRETAG_ASSIGN(filter.page, call.page());
  filter.newest_first = true;
  JsonArray answer;
  PRETAG_ASSIGN(const auto runs, list(call.sql, Table::kRuns, filter));
  for (const Record& run : runs) {
    PRETAG_ASSIGN(const json data, run_data(call, run));
    answer.add(data);
  }
  return answer.reply();
}

Reply<HttpResponse> get_runs(Call& call) { return list_runs(call, {.owner = call.user.id}); }

Reply<HttpResponse> get_runs_of_dataset(Call& call) {
  const std::string& dataset_id = call.parameter("datasetId");
  return list_runs(call, {.owner = call.user.id, .parent = dataset_id});
}

// That of the images, and those of their crops; none that this user does not see, or no longer.
Reply<std::vector<std::string>> datasets_of_run(const Call& call, const Record& run) {
  std::vector<std::string> ids;
  if (run.parent.empty()) return ids;
  const auto images = visible_dataset(call, run.parent);
  if (images) ids.push_back(run.parent);
  if (!images && images.error().status != 404) return images.error();
  PRETAG_TRY(visit(call.sql, Table::kDatasets, {.owner = call.user.id}, [&](Record&& dataset) {
    if (dataset.document.value("parentDatasetId", "") == run.parent) ids.push_back(std::move(dataset.id));
    return Status();
  }));
  return ids;
}

Reply<HttpResponse> get_tags_of_run(Call& call) {
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(const auto datasets, datasets_of_run(call, run));
  std::vector<Record> tags;
  for (const std::string& dataset : datasets) {
    PRETAG_TRY(visit(call.sql, Table::kTags, {.parent = dataset}, [&](Record&& tag) {
      if (tag.document.value("runId", "") == run.id) tags.push_back(std::move(tag));
      return Status();
    }));
  }
  std::ranges::sort(tags, std::greater(), &Record::position);
  JsonArray answer;
  for (const Record& tag : tags) answer.add(tag_data(tag));
  return answer.reply();
}

}  // namespace

bool is_over(const Record& run) { return std::ranges::find(kFinalStates, run.state) != kFinalStates.end(); }

Status abort_run(const Call& call, Record run) {
  if (is_over(run)) return {};
  run.state = "ABORTED";
  run.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kRuns, run));
  return {};
}

Reply<Record> run_of(const Call& call) { return own_record(call, Table::kRuns, "runId", "DOCKER_RUN_UNKNOWN", "run"); }

void add_run_routes(Router& router) {
  router.add("POST", "/v1/docker/runs", create_run);
  router.add("GET", "/v1/docker/runs", get_runs);
  router.add("GET", "/v1/docker/runs/query/datasetId/{datasetId}", get_runs_of_dataset);
  router.add("GET", "/v1/docker/runs/schedule/{scheduledId}", get_run_of_job);
  router.add("GET", "/v1/docker/runs/{runId}", get_run);
  router.add("PUT", "/v1/docker/runs/{runId}", update_run);
  router.add("GET", "/v1/docker/runs/{runId}/tags", get_tags_of_run);
}

}  // namespace pretag
