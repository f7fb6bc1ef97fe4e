// The workers of a user: registered, found, heard of.
#include <cstdlib>

#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/leases.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr TextRule kName{3, 200};

json worker_data(const Call& call, const Record& worker) {
  json data = worker.document;
  data["id"] = worker.id;
  data["userId"] = worker.owner;
  data["name"] = worker.name;
  data["createdAt"] = worker.created_at;
  data["lastModifiedAt"] = worker.modified_at;
  // It may have had no time to say good-bye; in the future, where the clock was set back since.
  const int64_t heard_ago = std::abs(call.server.now_ms() - worker.modified_at);
  const bool silent = heard_ago > call.server.settings().worker_timeout_ms;
  data["state"] = silent ? "OFFLINE" : worker.state;
  return data;
}

// Of a name there is one worker: who registers again, in a script that is run again, gets the same one.
Reply<HttpResponse> register_worker(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string name, required_text(body, "name", kName));
  PRETAG_ASSIGN(const auto type, optional_choice(body, "workerType", {"FULL"}));
  PRETAG_ASSIGN(const json labels, text_list(body, "labels", 100, {1, 200}));
  PRETAG_ASSIGN(const auto version, optional_text(body, "dockerVersion", {0, 100}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(auto worker, find_first(call.sql, Table::kWorkers, {.parent = call.user.id, .name = name}));
  const bool is_new = !worker;
  if (is_new) {
    worker = call.new_record(call.user.id, name);
    worker->state = "OFFLINE";
    worker->document = {{"workerType", type.value_or("FULL")}};
  }
  if (is_new || !labels.empty()) worker->document["labels"] = labels;  // clients that give none send an empty list
  if (version) worker->document["dockerVersion"] = *version;
  if (is_new) {
    PRETAG_TRY(insert(call.sql, Table::kWorkers, *worker));
  } else {
    PRETAG_TRY(update(call.sql, Table::kWorkers, *worker));
  }
  PRETAG_TRY(transaction.commit());
  return created(worker->id);
}

Reply<HttpResponse> get_workers(Call& call) {
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kWorkers, {.parent = call.user.id},
                   [&](Record&& worker) { return answer.add(worker_data(call, worker)), Status(); }));
  return answer.reply();
}

Reply<HttpResponse> get_worker(Call& call) {
  PRETAG_ASSIGN(const Record worker, worker_of(call));
  return json_reply(worker_data(call, worker));
}

// The worker named "Default", made when it is first asked for.
Reply<HttpResponse> get_default_worker(Call& call) {
  constexpr char kDefault[] = "Default";
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(auto worker, find_first(call.sql, Table::kWorkers, {.parent = call.user.id, .name = kDefault}));
  if (!worker) {
    worker = call.new_record(call.user.id, kDefault);
    worker->state = "OFFLINE";
    worker->document = {{"workerType", "FULL"}, {"labels", json::array()}};
    PRETAG_TRY(insert(call.sql, Table::kWorkers, *worker));
  }
  PRETAG_TRY(transaction.commit());
  return json_reply(worker_data(call, *worker));
}

// The heartbeat.
Reply<HttpResponse> update_worker(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const auto state, optional_choice(body, "state", {"OFFLINE", "CRASHED", "IDLE", "BUSY"}));
  PRETAG_ASSIGN(const auto version, optional_text(body, "dockerVersion", {0, 100}));
  PRETAG_ASSIGN(const auto name, optional_text(body, "name", kName));
  PRETAG_ASSIGN(const json labels, text_list(body, "labels", 100, {1, 200}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record worker, worker_of(call));
  if (state) worker.state = *state;
  if (name) worker.name = *name;
  if (body.contains("labels")) worker.document["labels"] = labels;
  if (version) worker.document["dockerVersion"] = *version;
  worker.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kWorkers, worker));
  if (worker.state == "BUSY") PRETAG_TRY(renew_lease_of_worker(call, worker.id));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

Reply<HttpResponse> delete_worker(Call& call) {
  PRETAG_ASSIGN(const Record worker, worker_of(call));
  PRETAG_TRY(remove(call.sql, Table::kWorkers, worker.id));
  return no_content();
}

}  // namespace

Reply<Record> worker_of(const Call& call) {
  return own_record(call, Table::kWorkers, "workerId", "DOCKER_WORKER_UNKNOWN", "worker");
}

void add_worker_routes(Router& router) {
  router.add("POST", "/v1/docker/worker", register_worker);
  router.add("GET", "/v1/docker/worker", get_workers);
  router.add("GET", "/v1/docker/worker/default", get_default_worker);
  router.add("GET", "/v1/docker/worker/{workerId}", get_worker);
  router.add("PUT", "/v1/docker/worker/{workerId}", update_worker);
  router.add("DELETE", "/v1/docker/worker/{workerId}", delete_worker);
}

}  // namespace pretag
