// Sharing a dataset with other users of the server, by name.
#include <algorithm>

#include "pretag/server/accounts.h"
#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/leases.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

// Whoever does not see the dataset any more could not cancel a job of theirs, nor would their worker hear of it:
// whoever waits for its end would wait for ever.
Status cancel_jobs_of_others(const Call& call, const Record& dataset, const json& users) {
  PRETAG_ASSIGN(auto jobs, list(call.sql, Table::kSchedules, {.parent = dataset.id}));
  for (Record& job : jobs) {
    if (job.owner == dataset.owner || (job.state != "OPEN" && job.state != "LOCKED")) continue;
    PRETAG_ASSIGN(const std::string name, name_of_user(call.sql, job.owner));
    if (std::ranges::find(users, json(name)) != users.end()) continue;
    PRETAG_TRY(end_run_of_cancelled(call, job));
    job.state = "CANCELED";
    job.modified_at = call.server.now_ms();
    PRETAG_TRY(update(call.sql, Table::kSchedules, job));
  }
  return {};
}

// The list replaces the one before: "share only with". One record for each user, so that it can be searched by name;
// all of one request carry its id in the document.
Reply<HttpResponse> share(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_TRY(optional_choice(body, "accessType", {"WRITE"}));
  PRETAG_ASSIGN(const json users, text_list(body, "users", 1000, {1, 200}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, own_dataset_of(call));
  PRETAG_TRY(remove_children(call.sql, Table::kAccess, dataset.id));
  const std::string access_id = call.new_record("", "").id;
  for (const json& user : users) {
    Record record = call.new_record(dataset.id, user.get<std::string>());
    record.document = {{"accessId", access_id}};
    PRETAG_TRY(insert(call.sql, Table::kAccess, record));
  }
  PRETAG_TRY(cancel_jobs_of_others(call, dataset, users));
  PRETAG_TRY(transaction.commit());
  return created(access_id);
}

Reply<HttpResponse> get_shares(Call& call) {
  PRETAG_ASSIGN(const Record dataset, own_dataset_of(call));
  PRETAG_ASSIGN(const auto records, list(call.sql, Table::kAccess, {.parent = dataset.id}));
  if (records.empty()) return json_reply(json::array());
  json access = {{"id", records.front().document["accessId"]},
                 {"owner", dataset.owner},
                 {"accessType", "WRITE"},
                 {"users", json::array()},
                 {"teams", json::array()},
                 {"createdAt", records.front().created_at},
                 {"lastModifiedAt", records.front().modified_at}};
  // Required by clients before 1.4.8, unknown to those from then on.
  if (const auto version = call.client_version(); version[0] == 1 && version < std::array{1, 4, 8}) {
    access["organizations"] = json::array();
  }
  for (const Record& record : records) access["users"].push_back(record.name);
  return json_reply(json::array({access}));
}

}  // namespace

void add_sharing_routes(Router& router) {
  router.add("POST", "/v1/datasets/{datasetId}/collaboration/access", share);
  router.add("GET", "/v1/datasets/{datasetId}/collaboration/access", get_shares);
}

}  // namespace pretag
