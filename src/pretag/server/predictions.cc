// Taking in predictions of a dataset: the tasks, and what was found in each sample. Each set has the time it was made
// at.
#include <algorithm>
#include <set>

#include "pretag/server/call.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/predicted_classes.h"
#include "pretag/server/prediction_time.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxObjects = 10'000;  // in a sample

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
  PRETAG_ASSIGN(const std::string timestamp, prediction_time_or_zero(call));
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string name, required_text(body, "name", {1, 200}));
  PRETAG_ASSIGN(const std::string type, required_choice(body, "type",
                                                        {"CLASSIFICATION", "OBJECT_DETECTION", "SEMANTIC_SEGMENTATION",
                                                         "INSTANCE_SEGMENTATION", "KEYPOINT_DETECTION"}));
  PRETAG_ASSIGN(const json categories, checked_categories(body));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const std::string id, put_named(call, Table::kPredictionTasks, dataset, timestamp + "/" + name,
                                                {{"name", name}, {"type", type}, {"categories", categories}}));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

Reply<Done> check_object(const json& object) {
  if (!object.is_object()) return bad_request("a prediction must be an object");
  PRETAG_TRY(required_choice(
      object, "type",
      {"CLASSIFICATION", "OBJECT_DETECTION", "SEMANTIC_SEGMENTATION", "INSTANCE_SEGMENTATION", "KEYPOINT_DETECTION"}));
  PRETAG_TRY(required_text(object, "taskName", {1, 200}));
  PRETAG_TRY(required_integer(object, "categoryId", 0, INT32_MAX));
  PRETAG_TRY(required_share(object, "score"));
  // Where the object was cut out, it is a sample of a dataset of crops.
  for (const char* key : {"cropDatasetId", "cropSampleId"}) PRETAG_TRY(optional_id(object, key));
  if (object.contains("bbox")) {
    const json& box = object["bbox"];
    const bool four_numbers =
        box.is_array() && box.size() == 4 && std::ranges::all_of(box, [](const json& v) { return v.is_number(); });
    if (!four_numbers) return bad_request("'bbox' must be [x, y, width, height]");
  }
  return Done();
}

// Each task may be told of by itself: those that `told` leaves out keep their objects. An empty list is told of all.
json with_other_tasks(json told, const json& earlier) {
  std::set<std::string> tasks;
  for (const json& object : told) tasks.insert(object["taskName"].get<std::string>());
  if (tasks.empty()) return told;
  for (const json& object : earlier) {
    if (!tasks.contains(object["taskName"].get<std::string>())) told.push_back(object);
  }
  return told;
}

Reply<HttpResponse> put_objects(Call& call) {
  PRETAG_ASSIGN(const std::string timestamp, prediction_time_or_zero(call));
  PRETAG_ASSIGN(json told, parse_json(call.request.body));
  if (!told.is_array() || told.size() > kMaxObjects) return bad_request("the body must be a list of predictions");
  for (const json& object : told) PRETAG_TRY(check_object(object));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record sample,
                child_of(call, Table::kSamples, "sampleId", dataset.id, "SAMPLE_UNKNOWN", "sample in this dataset"));
  const std::string name = timestamp + "/" + sample.id;
  PRETAG_ASSIGN(const auto earlier, find_first(call.sql, Table::kPredictions, {.parent = dataset.id, .name = name}));
  const json before = earlier ? earlier->document["objects"] : json::array();
  const json objects = with_other_tasks(std::move(told), before);
  if (objects.size() > kMaxObjects) return bad_request("too many predictions, with those of other tasks");
  PRETAG_TRY(put_predicted_classes(call.sql, {dataset.id, timestamp, sample.position}, before, objects));
  PRETAG_ASSIGN(const std::string id, put_named(call, Table::kPredictions, dataset, name, {{"objects", objects}}));
  PRETAG_TRY(transaction.commit());
  return created(id);
}

}  // namespace

void add_prediction_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/predictions";
  router.add("POST", base + "/tasks", create_task);
  router.add("POST", base + "/samples/{sampleId}", put_objects);
}

}  // namespace pretag
