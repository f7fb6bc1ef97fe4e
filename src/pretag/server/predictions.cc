// Predictions of a dataset: the tasks, what was found in each sample, and scores. Each set has the time it was made at
// (predictionUUIDTimestamp, unix ms).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/predicted_classes.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxObjects = 10'000;  // in a sample

Reply<std::string> timestamp_of(const Call& call) {
  const std::string_view text = call.query("predictionUUIDTimestamp");
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0) {
    return bad_request("'predictionUUIDTimestamp' must be a time in milliseconds");
  }
  return fmt::format("{}", value);
}

// Writes the record of that name, in place of an earlier one.
Reply<std::string> put(const Call& call, Table table, const Record& dataset, const std::string& name, json document) {
  PRETAG_ASSIGN(auto record, find_first(call.sql, table, {.parent = dataset.id, .name = name}));
  const bool is_new = !record;
  if (is_new) record = call.new_record(dataset.id, name);
  record->document = std::move(document);
  record->modified_at = call.server.now_ms();
  if (is_new) {
    PRETAG_TRY(insert(call.sql, table, *record));
  } else {
    PRETAG_TRY(update(call.sql, table, *record));
  }
  return record->id;
}

Reply<json> checked_categories(const json& body) {
  PRETAG_ASSIGN(json categories, required_array(body, "categories"));
  for (const json& category : categories) {
    if (!category.is_object()) return bad_request("a category must be an object");
    PRETAG_TRY(required_integer(category, "id", 0, INT32_MAX));
    PRETAG_TRY(required_text(category, "name", {1, 1000}));
  }
  return categories;
}

Reply<HttpResponse> create_task(Call& call) {
  PRETAG_ASSIGN(const std::string timestamp, timestamp_of(call));
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string name, required_text(body, "name", {1, 200}));
  PRETAG_ASSIGN(const std::string type, required_choice(body, "type",
                                                        {"CLASSIFICATION", "OBJECT_DETECTION", "SEMANTIC_SEGMENTATION",
                                                         "INSTANCE_SEGMENTATION", "KEYPOINT_DETECTION"}));
  PRETAG_ASSIGN(const json categories, checked_categories(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const std::string id, put(call, Table::kPredictionTasks, dataset, timestamp + "/" + name,
                                          {{"name", name}, {"type", type}, {"categories", categories}}));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<HttpResponse> get_tasks(Call& call) {
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  const std::string_view timestamp = call.query("predictionUUIDTimestamp");
  const std::string prefix = timestamp.empty() ? "" : std::string(timestamp) + "/";
  json schemas = json::array();
  PRETAG_TRY(
      visit(call.sql, Table::kPredictionTasks, {.parent = dataset.id, .name_prefix = prefix}, [&](Record&& task) {
        schemas.push_back(std::move(task.document));
        return Status();
      }));
  return json_reply({{"schemas", std::move(schemas)}});
}

Reply<Done> check_object(const json& object) {
  if (!object.is_object()) return bad_request("a prediction must be an object");
  PRETAG_TRY(required_choice(
      object, "type",
      {"CLASSIFICATION", "OBJECT_DETECTION", "SEMANTIC_SEGMENTATION", "INSTANCE_SEGMENTATION", "KEYPOINT_DETECTION"}));
  PRETAG_TRY(required_text(object, "taskName", {1, 200}));
  PRETAG_TRY(required_integer(object, "categoryId", 0, INT32_MAX));
  const auto score = object.find("score");
  if (score == object.end() || !score->is_number() || score->get<double>() < 0 || score->get<double>() > 1) {
    return bad_request("'score' must be a number from 0 to 1");
  }
  if (object.contains("bbox")) {
    const json& box = object["bbox"];
    const bool four_numbers =
        box.is_array() && box.size() == 4 && std::ranges::all_of(box, [](const json& v) { return v.is_number(); });
    if (!four_numbers) return bad_request("'bbox' must be [x, y, width, height]");
  }
  return Done();
}

Reply<HttpResponse> put_objects(Call& call) {
  PRETAG_ASSIGN(const std::string timestamp, timestamp_of(call));
  PRETAG_ASSIGN(const json objects, parse_json(call.request.body));
  if (!objects.is_array() || objects.size() > kMaxObjects) return bad_request("the body must be a list of predictions");
  for (const json& object : objects) PRETAG_TRY(check_object(object));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample,
                child_of(call, Table::kSamples, "sampleId", dataset.id, "SAMPLE_UNKNOWN", "sample in this dataset"));
  const std::string name = timestamp + "/" + sample.id;
  PRETAG_ASSIGN(const auto earlier, find_first(call.sql, Table::kPredictions, {.parent = dataset.id, .name = name}));
  PRETAG_TRY(put_predicted_classes(call.sql, {dataset.id, timestamp, sample.position},
                                   earlier ? earlier->document["objects"] : json::array(), objects));
  PRETAG_ASSIGN(const std::string id, put(call, Table::kPredictions, dataset, name, {{"objects", objects}}));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<HttpResponse> get_objects(Call& call) {
  PRETAG_ASSIGN(const std::string timestamp, timestamp_of(call));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const auto record,
                find_first(call.sql, Table::kPredictions,
                           {.parent = dataset.id, .name = timestamp + "/" + call.parameter("sampleId")}));
  return json_reply(record ? record->document["objects"] : json::array());
}

Reply<HttpResponse> put_scores(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string type, required_text(body, "scoreType", {1, 200}));
  PRETAG_ASSIGN(const json scores, required_array(body, "scores"));
  if (!std::ranges::all_of(scores, [](const json& score) { return score.is_number(); })) {
    return bad_request("'scores' must be a list of numbers");
  }
  const std::string task(call.query("taskName"));
  std::string timestamp = "0";
  if (!call.query("predictionUUIDTimestamp").empty()) {
    PRETAG_ASSIGN(timestamp, timestamp_of(call));
  }
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const std::string id, put(call, Table::kScores, dataset, timestamp + "/" + task + "/" + type,
                                          {{"scoreType", type}, {"taskName", task}, {"scores", scores}}));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

}  // namespace

void add_prediction_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/predictions";
  router.add("POST", base + "/tasks", create_task);
  router.add("GET", base + "/tasks", get_tasks);
  router.add("POST", base + "/samples/{sampleId}", put_objects);
  router.add("GET", base + "/samples/{sampleId}", get_objects);
  router.add("POST", base + "/scores", put_scores);
  router.add("POST", "/v1/datasets/{datasetId}/tags/{tagId}/scores", put_scores);
}

}  // namespace pretag
