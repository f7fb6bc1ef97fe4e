// The data sources of a dataset: one for each purpose.
#include <sys/stat.h>
#include <unistd.h>

#include "pretag/server/call.h"
#include "pretag/server/crops.h"
#include "pretag/server/datasource_config.h"
#include "pretag/server/datasource_place.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

json shown(const Call& call, const Record& record) {
  json config = shown_datasource(record.document);
  // Clients 1.4.8 to 1.4.15 fail on the key, which came later.
  const auto version = call.client_version();
  if (version >= std::array{1, 4, 8} && version < std::array{1, 4, 16}) config.erase("webServerLocation");
  config["id"] = record.id;
  return config;
}

// One source for both purposes, which is all that clients before 1.4.14 can say, takes the place of one for each: those
// would go before it.
Reply<Done> remove_what_it_replaces(const Call& call, const Record& dataset) {
  for (const std::string_view purpose : {"INPUT", "LIGHTLY"}) {
    PRETAG_ASSIGN(const auto record,
                  find_first(call.sql, Table::kDatasources, {.parent = dataset.id, .name = purpose}));
    if (record) PRETAG_TRY(remove(call.sql, Table::kDatasources, record->id));
  }
  return Done();
}

// Where the images are, by which their times count; null without a source.
Reply<json> place_of_images(const Call& call, const Record& dataset) {
  const auto source = datasource_in(call.sql, dataset.id, "INPUT");
  if (!source && source.error().status != 404) return source.error();
  if (!source) return json();
  const json& config = source->document["shown"];
  return json{config.value("type", ""), config.value("accountName", ""), config.value("fullPath", "")};
}

Reply<HttpResponse> put_datasource(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const DatasourceConfig config, read_datasource_config(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  // It says what the owner's workers read, and where they write.
  PRETAG_ASSIGN(Record dataset, own_dataset_of(call));
  if (is_cut_from_another(dataset)) {
    return bad_request("crops are kept in the data source of the dataset that they were cut from; set that one's");
  }
  PRETAG_ASSIGN(auto record, find_first(call.sql, Table::kDatasources, {.parent = dataset.id, .name = config.purpose}));
  PRETAG_ASSIGN(const json place_before, place_of_images(call, dataset));
  const bool is_new = !record;
  if (is_new) record = call.new_record(dataset.id, config.purpose);
  record->document = stored_datasource(config, dataset.id, call.server.key());
  record->modified_at = dataset.modified_at = call.server.now_ms();
  if (is_new) {
    PRETAG_TRY(insert(call.sql, Table::kDatasources, *record));
  } else {
    PRETAG_TRY(update(call.sql, Table::kDatasources, *record));
  }
  if (config.purpose == "INPUT_OUTPUT") PRETAG_TRY(remove_what_it_replaces(call, dataset));
  PRETAG_ASSIGN(const json place, place_of_images(call, dataset));
  // Nothing of another place has been read, however old its files are.
  if (!place_before.is_null() && place != place_before) dataset.document.erase("datasourceProcessedUntilTimestamp");
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

Reply<HttpResponse> get_datasource(Call& call) {
  PRETAG_ASSIGN(const Record record, datasource_of(call, call.query("purpose")));
  return json_reply(shown(call, record));
}

Reply<HttpResponse> get_all(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kDatasources, {.parent = dataset.id},
                   [&](Record&& record) { return answer.add(shown(call, record)), Status(); }));
  return answer.reply();
}

// What this machine may do in the folder of a LOCAL source; why not, for what it may not or cannot tell.
json permissions_of(const std::string& folder) {
  json answer = {{"canRead", false}, {"canWrite", false}, {"canList", false}, {"canOverwrite", false}};
  json errors = json::object();
  const auto test = [&](const char* key, int mode, const char* what) {
    if (::access(folder.c_str(), mode) == 0) {
      answer[key] = true;
    } else {
      errors[key] = std::string("the folder on the server cannot be ") + what;
    }
  };
  test("canRead", R_OK | X_OK, "read, or does not exist");
  test("canList", R_OK | X_OK, "listed, or does not exist");
  test("canWrite", W_OK | X_OK, "written, or does not exist");
  test("canOverwrite", W_OK | X_OK, "written, or does not exist");
  if (!errors.empty()) answer["errors"] = errors;
  return answer;
}

// The same of a bucket, by trying with a file of our own. Where only images are read, nothing is written.
json permissions_in_bucket(const DatasourceFolder& folder, bool only_read) {
  json answer = {{"canRead", false}, {"canWrite", false}, {"canList", false}, {"canOverwrite", false}};
  json errors = json::object();
  const auto note = [&](const char* key, const Status& status) {
    // What is said not to be there could have been read.
    answer[key] = status || status.error().code == ErrorCode::kNotFound;
    if (!answer[key]) errors[key] = status.error().message;
  };
  const std::string below = folder.path + "/.lightly", file = below + "/.pretag-verify";
  const auto listed = folder.files->list(below);
  note("canList", listed ? Status() : listed.error());
  if (!only_read) {
    note("canWrite", folder.files->write_atomically(file, "This file may be removed.\n"));
    note("canOverwrite", folder.files->write_atomically(file, "This file may be removed.\n"));
  }
  const auto read = folder.files->read(file, 1024);
  note("canRead", read ? Status() : read.error());
  if (answer["canWrite"]) (void)folder.files->remove(file);
  if (!errors.empty()) answer["errors"] = errors;
  return answer;
}

json cannot_tell(const std::string& reason) {
  return {{"canRead", false},
          {"canWrite", false},
          {"canList", false},
          {"canOverwrite", false},
          {"errors", {{"canRead", reason}, {"canWrite", reason}, {"canList", reason}, {"canOverwrite", reason}}}};
}

Reply<HttpResponse> verify(Call& call) {
  PRETAG_ASSIGN(const Record record, look_up_datasource(call, call.query("purpose")));
  const auto folder = datasource_folder(call.server, record);
  if (!folder) return json_reply(cannot_tell(folder.error().message));
  return json_reply(folder->bucket ? permissions_in_bucket(*folder, record.name == "INPUT")
                                   : permissions_of(folder->path));
}

Reply<HttpResponse> get_timestamp(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  return json_reply(
      {{"processedUntilTimestamp", dataset.document.value("datasourceProcessedUntilTimestamp", int64_t{0})}});
}

Reply<HttpResponse> put_timestamp(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const int64_t timestamp, required_integer(body, "processedUntilTimestamp", 0, INT64_MAX / 1000));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, own_dataset_of(call));
  dataset.document["datasourceProcessedUntilTimestamp"] = timestamp;
  dataset.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

}  // namespace

Reply<Record> datasource_in(SqlConnection& sql, std::string_view dataset, std::string_view purpose) {
  std::optional<Record> found;
  for (const std::string_view wanted : purpose.empty()
                                           ? std::vector<std::string_view>{"INPUT", "INPUT_OUTPUT", "LIGHTLY"}
                                           : std::vector<std::string_view>{purpose, "INPUT_OUTPUT"}) {
    PRETAG_ASSIGN(found, find_first(sql, Table::kDatasources, {.parent = dataset, .name = wanted}));
    if (found) return *std::move(found);
  }
  return not_found("DATASET_DATASOURCE_UNKNOWN", "the dataset has no data source for this purpose; set one first");
}

Reply<Record> datasource_of(const Call& call, std::string_view purpose) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  return datasource_in(call.sql, dataset.id, purpose);
}

void add_datasource_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/datasource";
  router.add("PUT", base, put_datasource);
  router.add("GET", base, get_datasource);
  router.add("GET", base + "/all", get_all);
  router.add("GET", base + "/verify", verify).body = Route::Body::kStreamed;  // it waits for a bucket, perhaps
  router.add("GET", base + "/processedUntilTimestamp", get_timestamp);
  router.add("PUT", base + "/processedUntilTimestamp", put_timestamp);
}

}  // namespace pretag
