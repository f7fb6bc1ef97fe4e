#include "pretag/run/embedded_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pretag/run/selection_pass.h"
#include "pretag/run/task_detections.h"

namespace pretag {

Result<std::vector<std::string>> claim_embedded_tasks(Ledger& ledger, const std::vector<std::string>& needed,
                                                      const SelectionSources& sources) {
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  PRETAG_ASSIGN(const auto fact, embedded_tasks(ledger));
  const std::vector<std::string> before = counts.done > 0 ? fact : std::vector<std::string>();
  const auto is_in = [](const std::string& task, const std::vector<std::string>& tasks) {
    return std::ranges::find(tasks, task) != tasks.end();
  };
  for (const std::string& task : needed) {
    if (counts.done == 0 || is_in(task, before)) continue;
    return Error{ErrorCode::kConflict,
                 fmt::format("the output folder holds a run whose images were looked at without the boxes of the task "
                             "'{}', so its objects have no embeddings to select by; use another output folder",
                             task)};
  }
  std::vector<std::string> tasks = needed;
  for (const std::string& task : before) {
    if (!is_in(task, needed) && TaskDetections::open(task, sources)) tasks.push_back(task);
  }
  PRETAG_TRY(ledger.set_fact(kEmbeddedTasksFact, nlohmann::json(tasks).dump()));
  return tasks;
}

Result<RegionsOf> regions_of_tasks(const std::vector<std::string>& tasks, const SelectionSources& sources) {
  if (tasks.empty()) return RegionsOf();
  // Once an image was looked at without the boxes of a damaged file, it is too late to mend that.
  SelectionSources strict = sources;
  strict.prediction_files = nullptr;
  std::vector<std::shared_ptr<const TaskDetections>> opened;
  for (const std::string& task : tasks) {
    PRETAG_ASSIGN(opened.emplace_back(), TaskDetections::open(task, strict));
  }
  return RegionsOf([opened = std::move(opened)](const ImageInfo& info) -> Result<std::vector<Box>> {
    const ImageResult image{.info = info, .detections = {}, .embedding = {}};
    std::vector<Box> boxes;
    for (const auto& task : opened) {
      PRETAG_ASSIGN(const auto objects, task->of(image));
      for (const Detection& object : objects) {
        if (object.box_in_image != Box{}) boxes.push_back(object.box_in_image);
      }
    }
    return boxes;
  });
}

}  // namespace pretag
