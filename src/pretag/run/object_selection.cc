#include "pretag/run/object_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pretag/run/image_pipeline.h"
#include "pretag/run/images_with_files.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/task_detections.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// What the ledger says of the objects that were picked, which a selection did without.
Result<std::vector<SelectedObject>> objects_of(const std::vector<SelectionPick>& picks, const SelectionSamples& samples,
                                               const SelectionPass& pass, const Ledger& ledger, ReadAhead& files) {
  const SelectionSources sources = pass.sources.with_files(files);
  PRETAG_ASSIGN(const auto task, TaskDetections::open(pass.config.object_level_task, sources));
  std::unordered_map<std::string_view, std::vector<size_t>> picks_of;  // of an image
  for (size_t i = 0; i < picks.size(); ++i) {
    picks_of[samples.object_images[samples.objects[picks[i].sample].image]].push_back(i);
  }
  std::vector<SelectedObject> selected(picks.size());
  const auto for_each = [&](const VisitImage& visit) {
    return ledger.for_each_result_with_objects(
        [&](const ImageResult& image) { return picks_of.contains(image.info.filename) ? visit(image) : Status(); });
  };
  const auto files_of = [&](const std::string& filename) { return task->files_of(filename); };
  const auto look_up = [&](const ImageResult& image) -> Status {
    const auto picked = picks_of.find(image.info.filename);
    PRETAG_ASSIGN(const auto objects, task->of(image));
    for (const size_t i : picked->second) {
      const uint32_t index = samples.objects[picks[i].sample].index;
      if (index >= objects.size()) {
        return Error{ErrorCode::kConflict, image.info.filename + ": its predictions have changed while selecting"};
      }
      selected[i] = {.filename = image.info.filename,
                     .index = index,
                     .label = objects[index].label,
                     .score = objects[index].score,
                     .box_in_image = objects[index].box_in_image,
                     .width = image.info.width,
                     .height = image.info.height,
                     .reasons = picks[i].reasons,
                     .embedding = objects[index].embedding};
    }
    return {};
  };
  PRETAG_TRY(for_each_with_files(for_each, files_of, sources.lightly_folder, files, look_up));
  return selected;
}

}  // namespace

Result<ObjectSelection> object_selection(const std::vector<SelectionPick>& picks, SelectionSamples& samples,
                                         const SelectionPass& pass, const Ledger& ledger, ReadAhead& files) {
  ObjectSelection objects{.task = pass.config.object_level_task,
                          .padding = pass.config.object_level_padding,
                          .classes = std::move(samples.object_classes),
                          .selected = {}};
  objects.preselected = std::ranges::count(std::span(samples.preselected).first(samples.objects.size()), 1);
  PRETAG_ASSIGN(objects.selected, objects_of(picks, samples, pass, ledger, files));
  for (const SelectedObject& object : objects.selected) {
    const auto entry = std::ranges::find(objects.classes, object.label, &ObjectSelection::Class::name);
    if (entry != objects.classes.end()) ++entry->selected;
  }
  return objects;
}

std::vector<SelectedSample> images_of(const std::vector<SelectedObject>& objects) {
  std::vector<SelectedSample> images;
  std::unordered_set<std::string_view> known;
  for (const SelectedObject& object : objects) {
    if (known.insert(object.filename).second) images.push_back({object.filename, object.reasons});
  }
  return images;
}

std::vector<std::string> images_of_preselected(const SelectionSamples& samples,
                                               const std::vector<SelectedSample>& selected) {
  std::set<std::string> images;
  for (size_t i = 0; i < samples.objects.size(); ++i) {
    if (samples.preselected[i] != 0) images.insert(samples.object_images[samples.objects[i].image]);
  }
  for (const SelectedSample& sample : selected) images.erase(sample.filename);
  return {images.begin(), images.end()};
}

std::vector<std::string> notes_on_objects(const SelectionSamples& samples, const std::string& task) {
  std::vector<std::string> notes;
  if (const int64_t lacking = samples.objects_without_embedding; lacking > 0) {
    const std::string who = counted(lacking, "object has no embedding", "objects have no embedding");
    notes.push_back(
        task == kPretaggingTask
            ? fmt::format(
                  "{}, and cannot be selected: of an image, the {} with the highest scores have one, unless the "
                  "run itself selects objects; in runs of the first versions none has",
                  who, kMostObjectEmbeddings)
            : who + ", and cannot be selected: their boxes came or changed after the run had looked at the images");
  }
  if (const int64_t lacking = samples.objects_without_box; lacking > 0) {
    notes.push_back(counted(lacking, "prediction has no box, and is", "predictions have no box, and are") +
                    " no object to select");
  }
  return notes;
}

}  // namespace pretag
