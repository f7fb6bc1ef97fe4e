#include "pretag/run/prediction_files.h"

#include <fmt/format.h>

#include <functional>

#include "pretag/util/strings.h"

namespace pretag {

void PredictionFiles::usable(const std::string& task) {
  const std::scoped_lock lock(mutex_);
  tasks_[task].any_usable = true;
}

void PredictionFiles::missing(const std::string& task, const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::string& first = tasks_[task].first_missing;
  if (first.empty()) first = path;
}

void PredictionFiles::damaged(const std::string& task, const std::string& path, const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  Task& known = tasks_[task];
  known.damaged.insert(std::hash<std::string>()(path));
  if (known.first_damaged.empty()) known.first_damaged = path + ": " + reason;
}

Status PredictionFiles::check() const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, task] : tasks_) {
    if (task.any_usable || task.damaged.empty()) continue;
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the task '{}' has no usable file of predictions, so a selection by it would be one by "
                             "chance; the first: {}",
                             one_line(name), task.first_damaged)};
  }
  return {};
}

std::vector<std::string> PredictionFiles::notes() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> notes;
  for (const auto& [name, task] : tasks_) {
    if (!task.any_usable && task.damaged.empty()) {
      notes.push_back(
          fmt::format("the task '{}' has no file of predictions for any of the images; the first one's would be {}",
                      one_line(name), task.first_missing));
    }
    if (task.damaged.empty()) continue;
    notes.push_back(
        fmt::format("the task '{}': {} as if nothing was found in the image; the first: {}", one_line(name),
                    counted(static_cast<int64_t>(task.damaged.size()), "prediction file is damaged and counts",
                            "prediction files are damaged and count"),
                    task.first_damaged));
  }
  return notes;
}

}  // namespace pretag
