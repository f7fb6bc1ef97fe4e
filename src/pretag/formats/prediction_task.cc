#include "pretag/formats/prediction_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "pretag/formats/dataset.h"
#include "pretag/formats/json_records.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

// Of a mask: as many as an image may have. Beyond that a sum of run lengths is damage.
constexpr uint64_t kMostMaskPixels = 200'000'000;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

bool has(const json& record, const char* key) { return record.contains(key) && !record[key].is_null(); }

Result<std::vector<float>> read_probabilities(const json& record, size_t classes) {
  if (!has(record, "probabilities")) return std::vector<float>();
  PRETAG_ASSIGN(const json* list, json_list(record, "probabilities"));
  if (list->size() != classes) {
    return corrupt(
        fmt::format("\"probabilities\" has {} numbers, the schema has {} categories", list->size(), classes));
  }
  std::vector<float> probabilities = {0};
  for (const json& value : *list) {
    const double number = value.is_number() ? value.get<double>() : NAN;
    if (!(number >= 0 && number <= 1)) return corrupt("\"probabilities\" must be numbers from 0 to 1");
    probabilities.push_back(static_cast<float>(number));
  }
  return probabilities;
}

Result<std::vector<float>> read_coordinates(const json& record, const char* key) {
  PRETAG_ASSIGN(const json* list, json_list(record, key));
  std::vector<float> numbers;
  for (const json& value : *list) {
    const float number = value.is_number() ? value.get<float>() : NAN;
    if (!std::isfinite(number)) return corrupt(fmt::format("\"{}\" must be finite numbers", key));
    numbers.push_back(number);
  }
  return numbers;
}

// x, y, confidence of each; those without confidence are not in the picture.
Box box_around(std::span<const float> keypoints) {
  std::optional<Box> box;
  for (; keypoints.size() >= 3; keypoints = keypoints.subspan(3)) {
    const float x = keypoints[0], y = keypoints[1];
    if (!(keypoints[2] > 0)) continue;
    if (!box) box = Box{x, y, x, y};
    box = Box{std::min(box->x1, x), std::min(box->y1, y), std::max(box->x2, x), std::max(box->y2, y)};
  }
  return box.value_or(Box{});
}

std::optional<float> mean_confidence(std::span<const float> keypoints) {
  if (keypoints.size() < 3) return std::nullopt;
  const auto count = static_cast<float>(keypoints.size() / 3);
  float sum = 0;
  for (; keypoints.size() >= 3; keypoints = keypoints.subspan(3)) sum += std::clamp(keypoints[2], 0.0f, 1.0f);
  return sum / count;
}

Result<Box> read_box(const json& record) {
  if (has(record, "bbox")) {
    PRETAG_ASSIGN(const auto numbers, read_coordinates(record, "bbox"));
    const bool is_size = numbers.size() == 4 && numbers[2] >= 0 && numbers[3] >= 0;
    const Box box = is_size ? Box{numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]} : Box{};
    if (is_size && std::isfinite(box.x2) && std::isfinite(box.y2)) return box;
    return corrupt("\"bbox\" must be x, y, width and height in pixels");
  }
  if (!has(record, "keypoints")) return Box{};
  PRETAG_ASSIGN(const auto keypoints, read_coordinates(record, "keypoints"));
  return box_around(keypoints);
}

// The pixels that a mask covers. It is the run lengths of its rows, one behind the other; the first run is not covered.
Result<int64_t> read_covered_pixels(const json& record) {
  PRETAG_ASSIGN(const json* runs, json_list(record, "segmentation"));
  uint64_t pixels = 0, covered = 0;
  bool is_covered = false;
  for (const json& run : *runs) {
    if (!run.is_number_unsigned()) return corrupt("\"segmentation\" must be run lengths, whole numbers from 0");
    const auto length = run.get<uint64_t>();
    if (length > kMostMaskPixels - pixels) {
      return corrupt(fmt::format("\"segmentation\" has more than {} pixels", kMostMaskPixels));
    }
    pixels += length;
    if (is_covered) covered += length;
    is_covered = !is_covered;
  }
  return static_cast<int64_t>(covered);
}

Result<Detection> read_object(const json& record, const PredictionTask& task) {
  PRETAG_ASSIGN(const int64_t id, json_integer(record, "category_id"));
  const auto category = task.index_of_category.find(id);
  if (category == task.index_of_category.end()) return corrupt(fmt::format("the schema has no category {}", id));
  Detection object{.box_in_image = {}, .label = task.classes[category->second], .score = 1, .probabilities = {}};
  PRETAG_ASSIGN(object.probabilities, read_probabilities(record, task.classes.size()));
  if (!object.probabilities.empty()) object.score = object.probabilities[category->second + 1];
  if (task.is_of_objects) {
    PRETAG_ASSIGN(object.box_in_image, read_box(record));
  }
  if (task.is_of_pixels) {
    PRETAG_ASSIGN(object.pixels, read_covered_pixels(record));
  }
  if (has(record, "score")) {
    PRETAG_ASSIGN(const double score, json_number(record, "score"));
    if (score < 0 || score > 1) return corrupt("\"score\" must be from 0 to 1");
    object.score = static_cast<float>(score);
  } else if (task.is_of_objects && has(record, "keypoints")) {
    PRETAG_ASSIGN(const auto keypoints, read_coordinates(record, "keypoints"));
    object.score = mean_confidence(keypoints).value_or(object.score);
  }
  return object;
}

}  // namespace

Result<PredictionTask> read_prediction_task(std::string_view text) {
  const json schema = json::parse(text, nullptr, false);
  PRETAG_ASSIGN(const std::string type, json_string(schema, "task_type"));
  constexpr std::array<std::string_view, 5> kTypes = {"classification", "object-detection", "semantic-segmentation",
                                                      "instance-segmentation", "keypoint-detection"};
  if (std::ranges::find(kTypes, type) == kTypes.end()) {
    return corrupt(fmt::format("\"task_type\" is '{}', not one of {}", one_line(type), fmt::join(kTypes, ", ")));
  }
  PRETAG_ASSIGN(const json* list, json_list(schema, "categories"));
  PredictionTask task;
  task.is_of_pixels = type == "semantic-segmentation";
  task.is_of_objects = type != "classification" && !task.is_of_pixels;
  for (const json& category : *list) {
    PRETAG_ASSIGN(const int64_t id, json_integer(category, "id"));
    PRETAG_ASSIGN(const std::string name, json_string(category, "name"));
    const bool known = std::ranges::find(task.classes, name) != task.classes.end();
    if (known || !task.index_of_category.emplace(id, task.classes.size()).second) {
      return corrupt(fmt::format("the category {} or its name '{}' occurs twice", id, one_line(name)));
    }
    if (task.classes.size() == kMaxClasses) return corrupt(fmt::format("more than {} categories", kMaxClasses));
    task.classes.push_back(name);
  }
  return task;
}

Result<std::vector<Detection>> read_task_objects(std::string_view text, const PredictionTask& task) {
  // The outlines of objects are not needed, and may be most of the text.
  JsonRecordLists lists = {.names = {"predictions"}, .ignored_keys = {}};
  if (!task.is_of_pixels) lists.ignored_keys.emplace_back("segmentation");
  std::vector<Detection> objects;
  const auto add = [&](std::string_view, size_t i, const json& record) -> Status {
    auto object = read_object(record, task);
    if (!object) return object.error().in(fmt::format("predictions[{}]", i));
    if (!task.is_of_pixels || object->pixels > 0) objects.push_back(*std::move(object));
    return {};
  };
  PRETAG_TRY(for_each_json_record(text, lists, add));
  return objects;
}

}  // namespace pretag
