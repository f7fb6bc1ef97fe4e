// Sharing a dataset with other users of the server, by name.
#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

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
