// Which custom metadata a dataset has.
#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

Reply<json> checked_configuration(const json& body) {
  PRETAG_ASSIGN(const std::string name, required_text(body, "name", {1, 200}));
  PRETAG_ASSIGN(json configs, required_array(body, "configs"));
  for (const json& config : configs) {
    if (!config.is_object()) return bad_request("an entry of 'configs' must be an object");
    for (const char* key : {"name", "path"}) PRETAG_TRY(required_text(config, key, {1, 1000}));
    PRETAG_TRY(
        required_choice(config, "valueDataType",
                        {"NUMERIC_INT", "NUMERIC_FLOAT", "CATEGORICAL_STRING", "CATEGORICAL_INT", "CATEGORICAL_BOOLEAN",
                         "CATEGORICAL_DATETIME", "CATEGORICAL_TIMESTAMP", "OTHER_STRING"}));
  }
  return json{{"name", name}, {"configs", configs}};
}

json configuration_data(const Record& record) {
  json data = record.document;
  data["id"] = record.id;
  data["createdAt"] = record.created_at;
  data["lastModifiedAt"] = record.modified_at;
  return data;
}

Reply<Record> configuration_of(const Call& call, const Record& dataset) {
  return child_of(call, Table::kMetadata, "metadataId", dataset.id, "METADATA_CONFIGURATION_UNKNOWN",
                  "configuration of metadata in this dataset");
}

Reply<HttpResponse> create(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const json configuration, checked_configuration(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  Record record = call.new_record(dataset.id, configuration["name"].get<std::string>());
  record.document = configuration;
  PRETAG_TRY(insert(call.sql, Table::kMetadata, record));
  dataset.document["metaDataConfigurationId"] = record.id;
  PRETAG_TRY(update(call.sql, Table::kDatasets, dataset));
  PRETAG_TRY(transaction.commit());
  return created(record.id);
}

Reply<HttpResponse> get_all(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kMetadata, {.parent = dataset.id},
                   [&](Record&& record) { return answer.add(configuration_data(record)), Status(); }));
  return answer.reply();
}

Reply<HttpResponse> get(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record record, configuration_of(call, dataset));
  return json_reply(configuration_data(record));
}

Reply<HttpResponse> replace(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const json configuration, checked_configuration(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record record, configuration_of(call, dataset));
  record.document = configuration;
  record.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kMetadata, record));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

}  // namespace

void add_metadata_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/configuration/metadata";
  router.add("POST", base, create);
  router.add("GET", base, get_all);
  router.add("GET", base + "/{metadataId}", get);
  router.add("PUT", base + "/{metadataId}", replace);
}

}  // namespace pretag
