#include "pretag/server/crops.h"

#include <fmt/format.h>

#include "pretag/server/json_fields.h"
#include "pretag/server/predicted_classes.h"

namespace pretag {
namespace {

using nlohmann::json;

// As put_predicted_classes wants them: the one object that the crop shows, or none.
json objects_of(const std::optional<json>& crop_data) {
  if (!crop_data) return json::array();
  return json::array({{{"taskName", (*crop_data)["predictionTaskName"]},
                       {"categoryId", (*crop_data)["predictionTaskCategoryId"]},
                       {"score", (*crop_data)["predictionTaskScore"]}}});
}

}  // namespace

bool holds_crops(const Record& dataset) { return dataset.document.value("type", "") == "Crops"; }

bool is_cut_from_another(const Record& dataset) {
  return holds_crops(dataset) && dataset.document.contains("parentDatasetId");
}

Reply<std::optional<Record>> parent_of_crops(const Call& call, const Record& dataset) {
  if (!is_cut_from_another(dataset)) return std::optional<Record>();
  auto parent = visible_dataset(call, dataset.document["parentDatasetId"].get<std::string>());
  if (parent) return std::optional(*std::move(parent));
  if (parent.error().status == 404) return std::optional<Record>();
  return parent.error();
}

Reply<json> checked_crop_data(const json& given) {
  PRETAG_ASSIGN(std::string parent, required_id(given, "parentId"));
  PRETAG_ASSIGN(const int64_t time, required_integer(given, "predictionUUIDTimestamp", 0, INT64_MAX));
  PRETAG_ASSIGN(const int64_t index, required_integer(given, "predictionIndex", 0, INT32_MAX));
  PRETAG_ASSIGN(std::string task, required_text(given, "predictionTaskName", {1, 200}));
  PRETAG_ASSIGN(const int64_t category, required_integer(given, "predictionTaskCategoryId", 0, INT32_MAX));
  PRETAG_ASSIGN(const double score, required_share(given, "predictionTaskScore"));
  return json{
      {"parentId", std::move(parent)},         {"predictionUUIDTimestamp", time},      {"predictionIndex", index},
      {"predictionTaskName", std::move(task)}, {"predictionTaskCategoryId", category}, {"predictionTaskScore", score}};
}

std::optional<json> crop_data_of(const Record& sample) {
  const auto found = sample.document.find("cropData");
  if (found == sample.document.end() || !found->is_object()) return std::nullopt;
  auto checked = checked_crop_data(*found);  // earlier builds took any object
  return checked ? std::optional(*std::move(checked)) : std::nullopt;
}

std::string set_of_crop(const json& crop_data) {
  return fmt::format("{}{}", kSetsOfCrops, crop_data["predictionTaskName"].get_ref<const std::string&>());
}

std::string predictions_of_crop(const json& crop_data) {
  return fmt::format("{}/{}", crop_data["predictionUUIDTimestamp"].get<int64_t>(),
                     crop_data["predictionTaskName"].get_ref<const std::string&>());
}

Status put_class_of_crop(SqlConnection& sql, const Record& sample, const std::optional<json>& before) {
  const json was = objects_of(before), is = objects_of(crop_data_of(sample));
  if (was == is) return {};  // most of what later runs tell of has but another time
  return put_predicted_classes(sql, {sample.parent, kTimeOfCrops, sample.position}, was, is);
}

}  // namespace pretag
