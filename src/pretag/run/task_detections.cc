#include "pretag/run/task_detections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "pretag/formats/dataset.h"
#include "pretag/formats/lightly_metadata.h"
#include "pretag/formats/prediction_task.h"
#include "pretag/io/file_system.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

class PretaggingDetections : public TaskDetections {
 public:
  explicit PretaggingDetections(const SelectionSources& sources)
      : TaskDetections(sources.classes, sources.model_classes), threshold_(sources.score_threshold) {}

  Result<std::vector<Detection>> of(const ImageResult& image) const override {
    std::vector<Detection> found;
    for (const Detection& detection : image.detections) {
      if (detection.score >= threshold_) found.push_back(detection);
    }
    return found;
  }

 private:
  float threshold_;
};

std::vector<std::string> behind_background(const std::vector<std::string>& classes) {
  std::vector<std::string> all = {"__background__"};
  all.insert(all.end(), classes.begin(), classes.end());
  return all;
}

// A region is known by its box. That of an object whose box has changed since the image was looked at is gone.
void hand_out_embeddings(const std::vector<Region>& regions, std::vector<Detection>& objects) {
  if (regions.empty()) return;
  using Corners = std::array<float, 4>;
  const auto corners = [](const Box& box) { return Corners{box.x1, box.y1, box.x2, box.y2}; };
  std::map<Corners, const Embedding*> embedding_of;
  for (const Region& region : regions) embedding_of.emplace(corners(region.box_in_image), &region.embedding);
  for (Detection& object : objects) {
    const auto found = embedding_of.find(corners(object.box_in_image));
    if (found != embedding_of.end()) object.embedding = *found->second;
  }
}

std::string schema_path(const std::string& folder) { return folder + "/schema.json"; }

// A file an image; an image without one has no predictions.
class UserDetections : public TaskDetections {
 public:
  UserDetections(std::string name, PredictionTask task, std::string folder, const SelectionSources& sources)
      : TaskDetections(task.classes, behind_background(task.classes)),
        name_(std::move(name)),
        task_(std::move(task)),
        folder_(std::move(folder)),
        files_(sources.files),
        told_(sources.prediction_files) {}

  Result<std::vector<Detection>> of(const ImageResult& image) const override {
    const std::string path = path_of(image.info.filename);
    if (path == schema_path(folder_)) return std::vector<Detection>();  // it is no image's
    const auto text = read_text_file(files_, path, kMaxImageFileBytes);
    auto objects = text ? read_task_objects(*text, task_) : text.error();
    if (objects) {
      if (told_) told_->usable(name_);
      hand_out_embeddings(image.regions, *objects);
      return objects;
    }
    const Error& error = objects.error();
    const bool is_missing = error.code == ErrorCode::kNotFound;
    const bool is_damaged = error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported;
    if (is_damaged && !told_) return error.in(path);
    if (!is_missing && !is_damaged) return error;
    if (is_missing && told_) told_->missing(name_, path);
    if (is_damaged) told_->damaged(name_, path, error.message);
    return std::vector<Detection>();
  }

  bool is_of_objects() const override { return task_.is_of_objects; }
  bool is_of_pixels() const override { return task_.is_of_pixels; }

  std::vector<std::string> files_of(const std::string& filename) const override { return {path_of(filename)}; }

 private:
  std::string path_of(const std::string& filename) const { return folder_ + "/" + metadata_file_of(filename); }

  std::string name_;
  PredictionTask task_;
  std::string folder_;
  const FileSystem& files_;
  std::shared_ptr<PredictionFiles> told_;
};

class GivenDetections : public TaskDetections {
 public:
  explicit GivenDetections(const TaskDetections& task) : TaskDetections(task.classes(), task.model_classes()) {}
  Result<std::vector<Detection>> of(const ImageResult& image) const override { return image.detections; }
};

Result<std::vector<std::string>> listed_tasks(const SelectionSources& sources) {
  const std::string path = sources.lightly_folder + "/predictions/tasks.json";
  if (!sources.files.exists(path)) return std::vector<std::string>();
  PRETAG_ASSIGN(const std::string text, read_text_file(sources.files, path, kMaxImageFileBytes));
  const auto document = nlohmann::json::parse(text, nullptr, false);
  const auto is_string = [](const nlohmann::json& name) { return name.is_string(); };
  if (!document.is_array() || !std::ranges::all_of(document, is_string)) {
    return Error{ErrorCode::kCorrupt, path + ": must be a list of the tasks' names"};
  }
  return document.get<std::vector<std::string>>();
}

}  // namespace

std::shared_ptr<const TaskDetections> TaskDetections::of_objects(const TaskDetections& task) {
  return std::make_shared<GivenDetections>(task);
}

Result<std::shared_ptr<const TaskDetections>> TaskDetections::open(const std::string& task,
                                                                   const SelectionSources& sources) {
  using Opened = std::shared_ptr<const TaskDetections>;
  if (task == kPretaggingTask) return Opened(std::make_shared<PretaggingDetections>(sources));
  PRETAG_ASSIGN(std::vector<std::string> tasks, listed_tasks(sources));
  if (std::ranges::find(tasks, task) == tasks.end()) {
    tasks.emplace_back(kPretaggingTask);
    const std::string near = nearest(task, tasks);
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format(
            "there is no prediction task '{}' in {}/predictions/tasks.json: {}", one_line(task), sources.lightly_folder,
            near.empty() ? fmt::format("there are {}", fmt::join(tasks, ", ")) : "did you mean '" + near + "'?")};
  }
  const std::string folder = sources.lightly_folder + "/predictions/" + task;
  PRETAG_ASSIGN(const std::string schema, read_text_file(sources.files, schema_path(folder), kMaxImageFileBytes));
  auto parsed = read_prediction_task(schema);
  if (!parsed) return parsed.error().in(schema_path(folder));
  return Opened(std::make_shared<UserDetections>(task, *std::move(parsed), folder, sources));
}

}  // namespace pretag
