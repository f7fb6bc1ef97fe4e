#include "pretag/formats/lightly_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/json_records.h"
#include "pretag/formats/lightly_predictions.h"
#include "pretag/formats/number_text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr char kPredictions[] = "/.lightly/predictions";
constexpr char kSchema[] = "schema.json";

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<std::vector<std::string>> read_tasks(const FileSystem& files, const std::string& predictions) {
  const std::string path = predictions + "/tasks.json";
  if (!files.exists(path)) return std::vector<std::string>();
  PRETAG_ASSIGN(const std::string text, read_text_file(files, path, kMaxImageFileBytes));
  const json document = json::parse(text, nullptr, false);
  const auto is_string = [](const json& name) { return name.is_string(); };
  if (!document.is_array() || !std::ranges::all_of(document, is_string)) {
    return corrupt(path + ": must be a list of the tasks' names");
  }
  return document.get<std::vector<std::string>>();
}

Status add_task(const ExportTarget& target, const std::string& predictions) {
  PRETAG_ASSIGN(std::vector<std::string> tasks, read_tasks(target.files, predictions));
  if (std::ranges::find(tasks, target.task) == tasks.end()) tasks.push_back(target.task);
  return target.files.write_atomically(predictions + "/tasks.json", json(tasks).dump() + "\n");
}

Result<std::string> find_task_folder(const ImportSource& source) {
  if (source.files.exists(source.path + "/" + kSchema)) return source.path;
  for (const std::string& folder : {source.path + kPredictions, source.path + "/data" + kPredictions, source.path}) {
    if (!source.files.exists(folder + "/tasks.json")) continue;
    PRETAG_ASSIGN(const std::vector<std::string> tasks, read_tasks(source.files, folder));
    if (!source.task.empty()) {
      if (std::ranges::find(tasks, source.task) != tasks.end()) return folder + "/" + source.task;
      return Error{ErrorCode::kInvalidArgument, fmt::format("{}: there is no task '{}', only {}", folder, source.task,
                                                            one_line(fmt::format("{}", fmt::join(tasks, ", "))))};
    }
    if (tasks.size() == 1) return folder + "/" + tasks.front();
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: has {} tasks; give the folder of one of them: {}", folder, tasks.size(),
                             one_line(fmt::format("{}", fmt::join(tasks, ", "))))};
  }
  return Error{ErrorCode::kNotFound,
               source.path + ": neither .lightly/predictions/tasks.json nor schema.json is there"};
}

Result<Detection> read_singleton(const json& record, const std::map<int64_t, std::string>& categories) {
  PRETAG_ASSIGN(const int64_t id, json_integer(record, "category_id"));
  const auto category = categories.find(id);
  if (category == categories.end()) return corrupt(fmt::format("the schema has no category {}", id));
  PRETAG_ASSIGN(const json* list, json_list(record, "bbox"));
  PRETAG_ASSIGN(const auto numbers, json_four_numbers(*list, "\"bbox\""));
  const auto [x, y, width, height] = numbers;
  for (const double number : numbers) {
    if (!(number >= -kMaxPixels && number <= kMaxPixels)) return corrupt(fmt::format("\"bbox\" holds {}", number));
  }
  if (width < 0 || height < 0) return corrupt("\"bbox\" has a negative width or height");
  PRETAG_ASSIGN(const double score, json_number(record, "score"));
  if (score < 0 || score > 1) return corrupt("\"score\" must be 0 to 1");
  return Detection{
      {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)},
      category->second,
      static_cast<float>(score),
      {}};
}

}  // namespace

Result<Notes> write_lightly(const DatasetView& dataset, const ExportTarget& target) {
  const std::string predictions = target.path + kPredictions;
  if (target.files.exists(predictions + "/" + target.task)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: has a task '{}' already; choose another name with --task", predictions, target.task)};
  }
  const LightlyTask task{
      .name = target.task, .model_classes = dataset.model_classes, .output_classes = dataset.classes};
  FolderWriter folder(target.files, predictions);
  PRETAG_ASSIGN(const LightlyFile schema, lightly_schema_file(task));
  PRETAG_TRY(folder.write(schema.path, schema.content));
  LightlyImageFiles image_files(task);
  Notes notes;
  PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
    PRETAG_ASSIGN(const auto file, image_files.make(image));
    if (file) return folder.write(file->path, file->content);
    notes.add(kStemTaken, image.filename);
    return {};
  }));
  PRETAG_TRY(add_task(target, predictions));
  return notes;
}

Result<std::map<int64_t, std::string>> read_lightly_schema(std::string_view text) {
  const json schema = json::parse(text, nullptr, false);
  PRETAG_ASSIGN(const std::string type, json_string(schema, "task_type"));
  if (type != "object-detection") {
    return Error{ErrorCode::kUnsupported, fmt::format("is a task of type '{}', not object-detection", one_line(type))};
  }
  PRETAG_ASSIGN(const json* list, json_list(schema, "categories"));
  std::map<int64_t, std::string> categories;
  std::vector<std::string> names;
  for (const json& category : *list) {
    PRETAG_ASSIGN(const int64_t id, json_integer(category, "id"));
    PRETAG_ASSIGN(const std::string name, json_string(category, "name"));
    const size_t before = names.size();
    PRETAG_TRY(add_class(names, name));
    if (names.size() == before || !categories.emplace(id, name).second) {
      return corrupt(fmt::format("the category {} or its name \"{}\" occurs twice", id, one_line(name)));
    }
  }
  return categories;
}

Result<Prediction> read_lightly_image(std::string_view text, const std::map<int64_t, std::string>& categories) {
  const json document = json::parse(text, nullptr, false);
  Prediction image;
  PRETAG_ASSIGN(image.filename, json_string(document, "file_name"));
  PRETAG_ASSIGN(const json* list, json_list(document, "predictions"));
  for (size_t i = 0; i < list->size(); ++i) {
    auto detection = read_singleton((*list)[i], categories);
    if (!detection) return detection.error().in(fmt::format("predictions[{}]", i));
    image.detections.push_back(*std::move(detection));
  }
  return image;
}

Result<Dataset> read_lightly(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string folder, find_task_folder(source));
  PRETAG_ASSIGN(const std::string schema, read_text_file(source.files, folder + "/" + kSchema, kMaxImageFileBytes));
  const auto categories = read_lightly_schema(schema);
  if (!categories) return categories.error().in(folder + "/" + kSchema);
  Dataset dataset;
  for (const auto& [id, name] : *categories) dataset.classes.push_back(name);
  PRETAG_ASSIGN(const std::vector<std::string> paths, find_files(source.files, folder, ".json"));
  for (const std::string& path : paths) {
    if (path == kSchema) continue;
    PRETAG_ASSIGN(const std::string text, read_text_file(source.files, folder + "/" + path, kMaxImageFileBytes));
    auto image = read_lightly_image(text, *categories);
    if (!image) return image.error().in(folder + "/" + path);
    dataset.images.push_back(*std::move(image));
  }
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
