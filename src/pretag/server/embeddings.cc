// Embeddings of a dataset: a CSV file each, and points in the plane to draw.
#include <algorithm>

#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

std::string file_of(const Record& embedding) { return "embeddings/" + embedding.parent + "/" + embedding.id + ".csv"; }

Reply<Record> embedding_of(const Call& call, const Record& dataset) {
  return child_of(call, Table::kEmbeddings, "embeddingId", dataset.id, "EMBEDDING_UNKNOWN",
                  "embedding in this dataset");
}

json embedding_data(const Record& embedding) {
  return {{"id", embedding.id},
          {"name", embedding.name},
          {"isProcessed", embedding.state == "processed"},
          {"createdAt", embedding.created_at}};
}

// The newest first: clients take the first one for that.
Reply<HttpResponse> get_embeddings(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  JsonArray answer;
  PRETAG_TRY(visit(call.sql, Table::kEmbeddings, {.parent = dataset.id, .newest_first = true}, [&](Record&& embedding) {
    // What nobody has uploaded yet is not there.
    if (embedding.state == "processed" || call.server.files().exists(file_of(embedding))) {
      answer.add(embedding_data(embedding));
    }
    return Status();
  }));
  return answer.reply();
}

// Of a name there is one embedding; uploading again replaces it.
Reply<HttpResponse> write_csv_url(Call& call) {
  const std::string name(call.query("name").empty() ? "default" : call.query("name"));
  if (name.size() > 200) return bad_request("'name' must have up to 200 characters");
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(auto embedding, find_first(call.sql, Table::kEmbeddings, {.parent = dataset.id, .name = name}));
  if (!embedding) {
    embedding = call.new_record(dataset.id, name);
    PRETAG_TRY(insert(call.sql, Table::kEmbeddings, *embedding));
  }
  PRETAG_TRY(transaction.commit());
  return json_reply({{"signedWriteUrl", call.signed_link("PUT", file_of(*embedding))}, {"embeddingId", embedding->id}});
}

Reply<HttpResponse> read_csv_url(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record embedding, embedding_of(call, dataset));
  if (!call.server.files().exists(file_of(embedding))) {
    return not_found("EMBEDDING_NOT_READY", "the embedding has not been uploaded yet");
  }
  return json_reply(call.signed_link("GET", file_of(embedding)));
}

Reply<HttpResponse> set_processed(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const auto rows, optional_integer(body, "rowCount", 0, INT64_MAX));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record embedding, embedding_of(call, dataset));
  embedding.state = "processed";
  embedding.modified_at = call.server.now_ms();
  if (rows) embedding.document["rowCount"] = *rows;
  PRETAG_TRY(update(call.sql, Table::kEmbeddings, embedding));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

Reply<std::string> reduction_method(const json& body) {
  return required_choice(body, "dimensionalityReductionMethod", {"PCA", "TSNE", "UMAP"});
}

// Each method's points are kept once. Coordinates are finite numbers, as many of one dimension as of the other.
Reply<HttpResponse> put_2d(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string name, required_text(body, "name", {1, 200}));
  PRETAG_ASSIGN(const std::string method, reduction_method(body));
  PRETAG_ASSIGN(const json x, required_array(body, "coordinatesDimension1"));
  PRETAG_ASSIGN(const json y, required_array(body, "coordinatesDimension2"));
  const auto is_number = [](const json& value) { return value.is_number(); };
  if (x.size() != y.size() || !std::ranges::all_of(x, is_number) || !std::ranges::all_of(y, is_number)) {
    return bad_request("the coordinates must be two equally long lists of numbers");
  }
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record embedding, embedding_of(call, dataset));
  json& points = embedding.document["points"][method];
  if (points.is_null()) points = {{"id", call.new_record("", "").id}, {"createdAt", call.server.now_ms()}};
  points["name"] = name;
  points["coordinatesDimension1"] = x;
  points["coordinatesDimension2"] = y;
  const std::string id = points["id"].get<std::string>();
  PRETAG_TRY(update(call.sql, Table::kEmbeddings, embedding));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<HttpResponse> get_2d(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record embedding, embedding_of(call, dataset));
  JsonArray answer;
  const json points = embedding.document.value("points", json::object());
  for (const auto& [method, value] : points.items()) {
    json entry = value;
    entry["datasetId"] = dataset.id;
    entry["embeddingId"] = embedding.id;
    entry["dimensionalityReductionMethod"] = method;
    answer.add(entry);
  }
  return answer.reply();
}

// Clients ask for this after an upload: it is complete then, and clients have no other word for that. The worker
// computes points; there is no job of the server's to wait for, and the id is that of the embedding.
Reply<HttpResponse> trigger_2d(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_TRY(reduction_method(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(Record embedding, embedding_of(call, dataset));
  if (embedding.state != "processed" && call.server.files().exists(file_of(embedding))) {
    embedding.state = "processed";
    embedding.modified_at = call.server.now_ms();
    PRETAG_TRY(update(call.sql, Table::kEmbeddings, embedding));
    PRETAG_TRY(transaction.commit());
  }
  return json_reply({{"jobId", embedding.id}});
}

// What selection() of the client asks for, which it calls deprecated itself.
Reply<HttpResponse> select_at_once(Call& call) {
  PRETAG_TRY(dataset_of(call));
  return ApiError(400, "NOT_IMPLEMENTED", "client.selection() is not there; schedule a run with a selection instead");
}

}  // namespace

void add_embedding_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/embeddings";
  router.add("GET", base, get_embeddings);
  router.add("GET", base + "/writeCSVUrl", write_csv_url);
  router.add("GET", base + "/{embeddingId}/readCSVUrl", read_csv_url);
  router.add("PUT", base + "/{embeddingId}/isProcessed", set_processed);
  router.add("POST", base + "/{embeddingId}/2d", put_2d);
  router.add("GET", base + "/{embeddingId}/2d", get_2d);
  router.add("POST", base + "/{embeddingId}/trigger2dEmbeddingsJob", trigger_2d);
  router.add("POST", base + "/{embeddingId}/sampling", select_at_once);
}

}  // namespace pretag
