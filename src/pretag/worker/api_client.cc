// Workers, the schedule and runs; api_client_dataset.cc has the calls about what a dataset holds.
#include "pretag/worker/api_client.h"

#include "pretag/util/percent.h"
#include "pretag/util/version.h"
#include "pretag/worker/api_json.h"

namespace pretag {
namespace {

using nlohmann::json;

WorkerRecord worker_of(const json& entry) {
  const json labels = entry.is_object() ? entry.value("labels", json()) : json();
  return {text_of(entry, "id"), text_of(entry, "name"), text_of(entry, "state"), texts_of(labels)};
}

ScheduledRun scheduled_of(const json& entry) {
  return {.id = text_of(entry, "id"),
          .dataset_id = text_of(entry, "datasetId"),
          .config_id = text_of(entry, "configId"),
          .priority = text_of(entry, "priority"),
          .state = text_of(entry, "state"),
          .runs_on = entry.is_object() ? texts_of(entry.value("runsOn", json())) : std::vector<std::string>(),
          .created_at = number_of(entry, "createdAt")};
}

Result<std::vector<ScheduledRun>> scheduled_list(const Result<json>& answer, const std::string& path) {
  PRETAG_TRY(answer);
  if (!answer->is_array()) return unexpected("GET " + path);
  std::vector<ScheduledRun> runs;
  for (const json& entry : *answer) {
    runs.push_back(scheduled_of(entry));
    if (runs.back().id.empty() || runs.back().dataset_id.empty()) return unexpected("GET " + path);
  }
  return runs;
}

std::string processed_until_path(const std::string& dataset_id) {
  return "/v1/datasets/" + percent_encode(dataset_id) + "/datasource/processedUntilTimestamp";
}

std::string lock_path(const ScheduledRun& scheduled, const std::string& worker_id) {
  return "/v1/datasets/" + percent_encode(scheduled.dataset_id) + "/docker/worker/" + percent_encode(worker_id) +
         "/schedule/" + percent_encode(scheduled.id);
}

}  // namespace

Result<std::vector<WorkerRecord>> ApiClient::workers() const {
  const std::string path = "/v1/docker/worker";
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  if (!answer.is_array()) return unexpected("GET " + path);
  std::vector<WorkerRecord> workers;
  for (const json& entry : answer) workers.push_back(worker_of(entry));
  return workers;
}

Result<WorkerRecord> ApiClient::worker(const std::string& id) const {
  const std::string path = "/v1/docker/worker/" + percent_encode(id);
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  WorkerRecord worker = worker_of(answer);
  if (worker.id.empty()) return unexpected("GET " + path);
  return worker;
}

Result<std::string> ApiClient::register_worker(const std::string& name, const std::vector<std::string>& labels) const {
  return create(transport_, "/v1/docker/worker",
                {{"name", name},
                 {"workerType", "FULL"},
                 {"labels", labels},
                 {"creator", "USER_WORKER"},
                 {"dockerVersion", version()}});
}

Status ApiClient::set_worker_state(const std::string& id, const std::string& state) const {
  const json body = {{"state", state}, {"dockerVersion", version()}};
  PRETAG_TRY(transport_.call(
      {.method = "PUT", .path = "/v1/docker/worker/" + percent_encode(id), .body = body.dump(), .try_again = false}));
  return {};
}

Result<std::vector<ScheduledRun>> ApiClient::scheduled_for(const std::string& worker_id,
                                                           const std::string& state) const {
  const std::string path = "/v1/docker/worker/" + percent_encode(worker_id) + "/schedule";
  return scheduled_list(get_json(transport_, path, {{"state", state}}), path);
}

Result<std::vector<ScheduledRun>> ApiClient::scheduled_of_dataset(const std::string& dataset_id,
                                                                  const std::string& state) const {
  const std::string path = "/v1/datasets/" + percent_encode(dataset_id) + "/docker/worker/schedule";
  ApiCall request{.path = path, .try_again = false};
  if (!state.empty()) request.query = {{"state", state}};
  return scheduled_list(ask(transport_, request), path);
}

Result<bool> ApiClient::lock(const ScheduledRun& scheduled, const std::string& worker_id) const {
  const Status status = put(transport_, lock_path(scheduled, worker_id), {{"state", "LOCKED"}});
  if (status) return true;
  // 400 (DOCKER_WORKER_SCHEDULE_UPDATE_FAILED): somebody was quicker. 404: it was cancelled or its dataset deleted.
  const bool gone = status.error().code == ErrorCode::kInvalidArgument || status.error().code == ErrorCode::kNotFound;
  if (gone) return false;
  return status.error();
}

Status ApiClient::release(const ScheduledRun& scheduled, const std::string& worker_id, const std::string& state) const {
  return put(transport_, lock_path(scheduled, worker_id), {{"state", state}});
}

Result<std::string> ApiClient::job_config(const std::string& config_id) const {
  const std::string path = "/v1/docker/worker/config/vX/" + percent_encode(config_id);
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  if (!answer.is_object() || !answer.contains("config") || !answer["config"].is_object()) {
    return unexpected("GET " + path);
  }
  return answer["config"].dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<int64_t> ApiClient::processed_until(const std::string& dataset_id) const {
  const std::string path = processed_until_path(dataset_id);
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  const auto found = answer.find("processedUntilTimestamp");
  if (!answer.is_object() || found == answer.end() || !found->is_number_integer()) return unexpected("GET " + path);
  return found->get<int64_t>();
}

Status ApiClient::set_processed_until(const std::string& dataset_id, int64_t unix_seconds) const {
  return put(transport_, processed_until_path(dataset_id), {{"processedUntilTimestamp", unix_seconds}});
}

Result<std::vector<DatasourceRecord>> ApiClient::datasources(const std::string& dataset_id) const {
  const std::string path = "/v1/datasets/" + percent_encode(dataset_id) + "/datasource/all";
  PRETAG_ASSIGN(const json answer, get_json(transport_, path));
  if (!answer.is_array()) return unexpected("GET " + path);
  std::vector<DatasourceRecord> sources;
  for (const json& entry : answer) {
    sources.push_back(
        {text_of(entry, "type"), text_of(entry, "purpose"), text_of(entry, "fullPath"), text_of(entry, "thumbSuffix")});
  }
  return sources;
}

Result<std::optional<RunRecord>> ApiClient::run_of(const ScheduledRun& scheduled) const {
  const std::string path = "/v1/docker/runs/schedule/" + percent_encode(scheduled.id);
  const auto answer = get_json(transport_, path);
  if (!answer && answer.error().code == ErrorCode::kNotFound) return std::optional<RunRecord>();
  PRETAG_TRY(answer);
  RunRecord run{text_of(*answer, "id"), text_of(*answer, "state"), number_of(*answer, "createdAt")};
  if (run.id.empty()) return unexpected("GET " + path);
  return std::optional(std::move(run));
}

Result<std::string> ApiClient::create_run(const ScheduledRun& scheduled) const {
  const std::string path = "/v1/docker/runs";
  const json body = {{"dockerVersion", version()},        {"datasetId", scheduled.dataset_id},
                     {"scheduledId", scheduled.id},       {"configId", scheduled.config_id},
                     {"message", "A worker has started"}, {"creator", "USER_WORKER"}};
  PRETAG_ASSIGN(const json answer,
                ask(transport_, {.method = "POST", .path = path, .body = body.dump(), .try_again = false}));
  std::string id = text_of(answer, "id");
  if (id.empty()) return unexpected("POST " + path);
  return id;
}

Status ApiClient::set_run_state(const std::string& run_id, const std::string& state, const std::string& message) const {
  return put(transport_, "/v1/docker/runs/" + percent_encode(run_id), {{"state", state}, {"message", message}});
}

Status ApiClient::add_logs(const std::string& run_id, const std::vector<LogLine>& lines) const {
  json body = json::array();
  for (const LogLine& line : lines) {
    body.push_back({{"ts", line.time_ms},
                    {"level", line.level},
                    {"group", "run"},
                    {"msg", line.message},
                    {"origin", "pretag worker"},
                    {"state", line.state}});
  }
  return put(transport_, "/v1/docker/runs/" + percent_encode(run_id) + "/logs", body);
}

Status ApiClient::upload_artifact(const std::string& run_id, const ArtifactRecord& artifact,
                                  const std::string& path) const {
  const std::string artifacts = "/v1/docker/runs/" + percent_encode(run_id) + "/artifacts";
  const json body = {{"fileName", artifact.file_name}, {"type", artifact.type}, {"storageLocation", "LIGHTLY"}};
  PRETAG_ASSIGN(const json answer, ask(transport_, {.method = "POST", .path = artifacts, .body = body.dump()}));
  const std::string id = text_of(answer, "artifactId"), url = text_of(answer, "signedWriteUrl");
  if (id.empty() || url.empty()) return unexpected("POST " + artifacts);
  PRETAG_TRY(transport_.upload_file(url, path, artifact.file_name));
  return put(transport_, artifacts + "/" + percent_encode(id) + "/confirmUpload");
}

}  // namespace pretag
