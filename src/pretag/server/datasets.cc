// Datasets: the projects of a user, which data sources, jobs, samples and tags belong to.
#include <regex>
#include <set>

#include "pretag/server/call.h"
#include "pretag/server/crops.h"
#include "pretag/server/dataset_removal.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/server/runs.h"

namespace pretag {
namespace {

using nlohmann::json;

Reply<std::string> dataset_name(const json& body) {
  static const std::regex kName("[a-zA-Z0-9][a-zA-Z0-9 _-]+");
  PRETAG_ASSIGN(std::string name, required_text(body, "name", {3, 200}));
  if (std::regex_match(name, kName)) return name;
  return bad_request(
      "'name' must begin with a letter or digit and may then have letters, digits, spaces, _ and - only");
}

// The document keeps what was given; the rest is told by the columns and by what belongs to the dataset.
Reply<json> dataset_data(const Call& call, const Record& dataset) {
  json data = dataset.document;
  data["id"] = dataset.id;
  data["name"] = dataset.name;
  data["userId"] = dataset.owner;
  data["createdAt"] = dataset.created_at;
  data["lastModifiedAt"] = dataset.modified_at;
  data["accessType"] = "WRITE";
  PRETAG_TRY(visit(call.sql, Table::kDatasources, {.parent = dataset.id}, [&](Record&& datasource) {
    data["datasources"].push_back(datasource.id);
    return Status();
  }));
  return data;
}

// The datasets that others share with this user.
Reply<std::vector<Record>> shared_datasets(const Call& call) {
  std::vector<Record> datasets;
  PRETAG_ASSIGN(const auto shares, list(call.sql, Table::kAccess, {.name = call.user.name}));
  std::set<std::string> seen;
  for (const Record& share : shares) {
    if (share.owner == call.user.id || !seen.insert(share.parent).second) continue;
    PRETAG_ASSIGN(auto dataset, find(call.sql, Table::kDatasets, share.parent));
    if (dataset) datasets.push_back(*std::move(dataset));
  }
  return datasets;
}

// Their own, those shared with them, or the team's. There are no teams here.
Reply<std::vector<Record>> visible_datasets(const Call& call) {
  if (call.flag("getAssetsOfTeam")) return std::vector<Record>();
  if (call.flag("shared")) return shared_datasets(call);
  std::vector<Record> datasets;
  PRETAG_TRY(visit(call.sql, Table::kDatasets, {.owner = call.user.id},
                   [&](Record&& dataset) { return datasets.push_back(std::move(dataset)), Status(); }));
  return datasets;
}

Reply<HttpResponse> list_datasets(const Call& call, const std::function<bool(const Record&)>& wanted) {
  PRETAG_ASSIGN(const Page page, call.page());
  PRETAG_ASSIGN(const auto datasets, visible_datasets(call));
  JsonArray answer;
  int64_t index = 0;
  for (const Record& dataset : datasets) {
    if (!wanted(dataset)) continue;
    const int64_t at = index++;
    if (at < page.offset || (page.size >= 0 && at - page.offset >= page.size)) continue;
    PRETAG_ASSIGN(const json data, dataset_data(call, dataset));
    answer.add(data);
  }
  return answer.reply();
}

Reply<HttpResponse> get_datasets(Call& call) {
  return list_datasets(call, [](const Record&) { return true; });
}

Reply<HttpResponse> query_by_name(Call& call) {
  const std::string& name = call.parameter("name");
  const bool exact = call.flag("exact");
  return list_datasets(call, [&](const Record& dataset) {
    return exact ? dataset.name == name : dataset.name.find(name) != std::string::npos;
  });
}

// Only what the user may see can have crops: these are read from its data source.
Reply<Done> check_parent(const Call& call, const std::string& id) {
  const auto parent = visible_dataset(call, id);
  if (!parent && parent.error().status == 404) {
    return not_found("DATASET_UNKNOWN", "there is no dataset with the id in 'parentDatasetId', or it is not yours");
  }
  if (!parent) return parent.error();
  if (!holds_crops(*parent)) return Done();
  return bad_request("'parentDatasetId' must be a dataset of images or videos, and is one of crops itself");
}

Reply<HttpResponse> create_dataset(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string name, dataset_name(body));
  PRETAG_ASSIGN(const auto type, optional_choice(body, "type", {"Images", "Videos", "Crops"}));
  PRETAG_ASSIGN(const auto image_type, optional_choice(body, "imgType", {"full", "thumbnail", "meta"}));
  PRETAG_ASSIGN(const auto parent, optional_id(body, "parentDatasetId"));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  if (parent) PRETAG_TRY(check_parent(call, *parent));
  PRETAG_ASSIGN(const int64_t same_name, count(call.sql, Table::kDatasets, {.owner = call.user.id, .name = name}));
  if (same_name > 0) {
    return ApiError(409, "DATASET_NAME_EXISTS", "you have a dataset of this name already; choose another name");
  }
  Record dataset = call.new_record("", name);
  dataset.document = {
      {"type", type.value_or("Images")}, {"imgType", image_type.value_or("full")}, {"nSamples", 0}, {"sizeInBytes", 0}};
  if (parent) dataset.document["parentDatasetId"] = *parent;
  PRETAG_TRY(insert(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return created(dataset.id);
}

Reply<HttpResponse> get_dataset(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const json data, dataset_data(call, dataset));
  return json_reply(data);
}

Reply<HttpResponse> rename_dataset(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(std::string name, dataset_name(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, own_dataset_of(call));
  PRETAG_ASSIGN(const auto same_name, find_first(call.sql, Table::kDatasets, {.owner = call.user.id, .name = name}));
  if (same_name && same_name->id != dataset.id) {
    return ApiError(409, "DATASET_NAME_EXISTS", "you have a dataset of this name already; choose another name");
  }
  dataset.name = std::move(name);
  dataset.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

// Clients before 1.4.8 say so before they upload images. Nothing here follows the progress of that.
Reply<HttpResponse> register_upload(Call& call) {
  PRETAG_TRY(dataset_of(call));
  return no_content();
}

// Runs stay: they are what happened. All else goes with the dataset, jobs too, so that nobody else could end a run.
Reply<Done> disown(const Call& call) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, own_dataset_of(call));
  RecordFilter locks{.parent = dataset.id, .state = "LOCKED"};
  PRETAG_ASSIGN(const int64_t locked, count(call.sql, Table::kSchedules, locks));
  locks.expires_before = call.server.now_ms();
  PRETAG_ASSIGN(const int64_t abandoned, count(call.sql, Table::kSchedules, locks));
  if (locked > abandoned && !call.flag("force")) {
    return ApiError(400, "ILLEGAL_ACTION_RESOURCE_IN_USE",
                    "a worker is at work on this dataset; cancel its run first, or use force=True");
  }
  PRETAG_ASSIGN(const auto runs, list(call.sql, Table::kRuns, {.parent = dataset.id}));
  for (const Record& run : runs) PRETAG_TRY(abort_run(call, run));
  PRETAG_TRY(disown_dataset(call, dataset));
  PRETAG_TRY(transaction.commit());
  return Done();
}

Reply<HttpResponse> delete_dataset(Call& call) {
  {
    PRETAG_ASSIGN(const auto sql, call.server.database().connect());
    PRETAG_TRY(disown({call.request, call.parameters, call.user, *sql, call.server}));
  }
  // It is deleted, whenever the last of it is gone.
  (void)remove_disowned_datasets(call.server, call.parameter("datasetId"));
  return no_content();
}

}  // namespace

void add_dataset_routes(Router& router) {
  router.add("GET", "/v1/datasets", get_datasets);
  router.add("POST", "/v1/datasets", create_dataset);
  router.add("GET", "/v1/datasets/query/name/{name}", query_by_name);
  router.add("GET", "/v1/datasets/{datasetId}", get_dataset);
  router.add("PUT", "/v1/datasets/{datasetId}", rename_dataset);
  router.add("DELETE", "/v1/datasets/{datasetId}", delete_dataset).body = Route::Body::kTextAlone;  // it takes its time
  router.add("PUT", "/v1/datasets/{datasetId}/registerDatasetUpload", register_upload);
}

}  // namespace pretag
