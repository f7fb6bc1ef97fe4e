#include "pretag/formats/yolo_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/stems.h"
#include "pretag/formats/yolo.h"

namespace pretag {
namespace {

// Without "path", a relative path is below the folder of the file itself. JSON strings are YAML strings.
Result<std::string> data_yaml(const std::vector<std::string>& classes) {
  std::string text = "train: images\nval: images\nnames:\n";
  for (size_t number = 0; number < classes.size(); ++number) {
    PRETAG_ASSIGN(const std::string name, json_text(classes[number]));
    text += fmt::format("  {}: {}\n", number, name);
  }
  return text;
}

Result<std::string> label_lines(const Prediction& image, const std::vector<std::string>& classes, bool scores) {
  std::string text;
  PRETAG_TRY(require_size(image.filename, image.width, image.height));
  const double width = image.width, height = image.height;
  for (const Detection& detection : image.detections) {
    PRETAG_ASSIGN(const size_t number, class_number(classes, detection.label));
    const Box& box = detection.box_in_image;
    text += fmt::format("{} {:.6f} {:.6f} {:.6f} {:.6f}", number, (double{box.x1} + box.x2) / 2 / width,
                        (double{box.y1} + box.y2) / 2 / height, (double{box.x2} - box.x1) / width,
                        (double{box.y2} - box.y1) / height);
    text += scores ? " " + json_float(detection.score) + "\n" : "\n";
  }
  return text;
}

Result<std::vector<std::string>> find_class_names(const ImportSource& source) {
  for (const char* name : kYoloClassNamePlaces) {
    const std::string path = source.path + name;
    if (!source.files.exists(path)) continue;
    PRETAG_ASSIGN(const std::string text, read_text_file(source.files, path, kMaxImageFileBytes));
    auto names = read_yolo_class_names(text, path);
    return names.ok() ? names : names.error().in(path);
  }
  return Error{ErrorCode::kInvalidArgument,
               source.path + ": no data.yaml or classes.txt is there or beside it to tell the names of the classes"};
}

}  // namespace

Result<Notes> write_yolo(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  StemOwners stems("classes");  // classes.txt beside labels is a list of names
  FolderWriter folder(target.files, target.path);
  PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
    if (!stems.claim(image.filename)) {
      notes.add(kStemTaken, image.filename);
      return {};
    }
    PRETAG_ASSIGN(const std::string text, label_lines(image, dataset.classes, target.scores));
    return folder.write(yolo_label_paths("images/" + image.filename).front(), text);
  }));
  PRETAG_ASSIGN(const std::string yaml, data_yaml(dataset.classes));
  PRETAG_TRY(folder.write("data.yaml", yaml));
  return notes;
}

Result<Dataset> read_yolo(const ImportSource& source) {
  if (source.sizes.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 source.path +
                     ": YOLO labels do not tell the images' names and sizes; --sizes takes them from the "
                     "images or from a run"};
  }
  Dataset dataset;
  PRETAG_ASSIGN(dataset.classes, find_class_names(source));
  PRETAG_ASSIGN(const size_t keypoint_numbers, find_yolo_keypoint_numbers(source.files, source.path));
  PRETAG_ASSIGN(std::vector<std::string> paths, find_files(source.files, source.path, ".txt"));
  keep_label_files(paths);
  std::unordered_set<std::string> unused(paths.begin(), paths.end());
  StemOwners stems("classes");
  for (const auto& [filename, width, height] : source.sizes) {
    if (!stems.claim(filename)) {
      dataset.notes.add(kStemTaken, filename);
      continue;
    }
    const auto places = yolo_label_paths(filename);
    const auto path = std::ranges::find_if(places, [&](const std::string& place) { return unused.erase(place) > 0; });
    if (path == places.end()) {
      dataset.notes.add("images have no label file and are left out", filename);
      continue;
    }
    const std::string label_file = source.path + "/" + *path;
    PRETAG_ASSIGN(const std::string text, read_text_file(source.files, label_file, kMaxImageFileBytes));
    auto detections = read_yolo_detections(text, dataset.classes, width, height, keypoint_numbers);
    if (!detections) return detections.error().in(label_file);
    dataset.images.push_back({filename, width, height, *std::move(detections)});
  }
  for (const std::string& path : paths) {
    if (unused.contains(path)) dataset.notes.add("label files belong to no image and are left out", path);
  }
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
