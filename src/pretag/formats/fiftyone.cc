#include "pretag/formats/fiftyone.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/json_records.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/stems.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr int kDecimals = 6;
constexpr double kTolerance = 0.01;  // how far a box may be outside by rounding
// Unlike other readers' documents, this one is a map and is held in memory as a whole.
constexpr size_t kMaxBytes = size_t{1} << 30;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<std::string> detections_text(const Prediction& image, const std::vector<std::string>& classes) {
  PRETAG_TRY(require_size(image.filename, image.width, image.height));
  const double width = image.width, height = image.height;
  std::string text;
  for (const Detection& detection : image.detections) {
    PRETAG_TRY(class_number(classes, detection.label));
    PRETAG_ASSIGN(const std::string label, json_text(detection.label));
    const Box& box = detection.box_in_image;
    text +=
        fmt::format("{}{{\"label\": {}, \"bounding_box\": [{}, {}, {}, {}], \"confidence\": {}}}",
                    text.empty() ? "" : ", ", label, json_fixed(box.x1 / width, kDecimals),
                    json_fixed(box.y1 / height, kDecimals), json_fixed((double{box.x2} - box.x1) / width, kDecimals),
                    json_fixed((double{box.y2} - box.y1) / height, kDecimals), json_float(detection.score));
  }
  return text;
}

// Calls `entry` for every image that has a stem of its own, with the stem as JSON.
Status for_each_stem(const DatasetView& dataset, Notes* notes,
                     const std::function<Status(const Prediction&, const std::string& stem)>& entry) {
  StemOwners stems;
  return dataset.for_each([&](const Prediction& image) -> Status {
    if (!stems.claim(image.filename)) {
      if (notes != nullptr) notes->add(kStemTaken, image.filename);
      return {};
    }
    PRETAG_ASSIGN(const std::string stem, json_text(stem_of(image.filename)));
    return entry(image, stem);
  });
}

Status write_labels(const DatasetView& dataset, const FileSystem::Sink& sink) {
  std::string classes;
  for (const std::string& name : dataset.classes) {
    PRETAG_ASSIGN(const std::string text, json_text(name));
    classes += (classes.empty() ? "" : ", ") + text;
  }
  PRETAG_TRY(sink(fmt::format("{{\"classes\": [{}],\n\"labels\": {{", classes)));
  const char* separator = "";
  PRETAG_TRY(for_each_stem(dataset, nullptr, [&](const Prediction& image, const std::string& stem) -> Status {
    PRETAG_ASSIGN(const std::string detections, detections_text(image, dataset.classes));
    return sink(fmt::format("{}\n{}: [{}]", std::exchange(separator, ","), stem, detections));
  }));
  return sink("\n}}\n");
}

// What stands before the images' names in data.json. FiftyOne opens them as files, which it looks for beside data.json
// unless they have absolute paths; people mean the folder they are in.
Result<std::string> image_folder(const std::string& prefix) {
  if (prefix.empty()) return std::string("data/");
  if (prefix.find("://") != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--images {}: FiftyOne opens images as files, so it must be a folder", one_line(prefix))};
  }
  std::error_code failure;
  std::string folder = std::filesystem::absolute(prefix, failure).string();
  if (failure) return Error{ErrorCode::kIo, fmt::format("the working directory: {}", failure.message())};
  if (!folder.ends_with('/')) folder += '/';
  return folder;
}

Status write_data(const DatasetView& dataset, const std::string& prefix, Notes& notes, const FileSystem::Sink& sink) {
  PRETAG_TRY(sink("{"));
  const char* separator = "";
  // FiftyOne takes what follows a key's last dot for an extension, so a key needs one: "1.5.jpg" is the image "1.5".
  PRETAG_TRY(for_each_stem(dataset, &notes, [&](const Prediction& image, const std::string&) -> Status {
    PRETAG_ASSIGN(const std::string name, json_text(image.filename));
    PRETAG_ASSIGN(const std::string path, json_text(prefix + image.filename));
    return sink(fmt::format("{}\n{}: {}", std::exchange(separator, ","), name, path));
  }));
  return sink("\n}\n");
}

// The images' names by their stems.
Result<std::unordered_map<std::string, std::string>> names_of_stems(std::string_view data,
                                                                    const std::vector<ImageSize>& sizes) {
  std::unordered_map<std::string, std::string> names;
  if (data.empty()) {
    for (const ImageSize& size : sizes) names.emplace(stem_of(size.filename), size.filename);
    return names;
  }
  const json paths = json::parse(data, nullptr, false);
  if (!paths.is_object()) return corrupt("data.json must be an object with the path of each image");
  // Keys have the path's extension, or none.
  for (const auto& [key, path] : paths.items()) {
    if (!path.is_string()) return corrupt(fmt::format("data.json: \"{}\" must be a path", one_line(key)));
    const std::string& text = path.get_ref<const std::string&>();
    const std::string extension = text.substr(stem_of(text).size());
    const std::string stem = key.ends_with(extension) ? key.substr(0, key.size() - extension.size()) : key;
    names.emplace(stem, stem + extension);
  }
  return names;
}

Result<std::string> read_label(const json& record, const std::vector<std::string>& classes) {
  const auto label = record.find("label");
  if (label == record.end() || !label->is_number_integer()) return json_string(record, "label");
  PRETAG_ASSIGN(const int64_t number, json_integer(record, "label"));
  if (number < 0 || static_cast<size_t>(number) >= classes.size()) {
    return corrupt(fmt::format("\"label\" is {}, but there are {} classes", number, classes.size()));
  }
  return classes[static_cast<size_t>(number)];
}

Result<Detection> read_detection(const json& record, const std::vector<std::string>& classes, double width,
                                 double height) {
  PRETAG_ASSIGN(const json* list, json_list(record, "bounding_box"));
  PRETAG_ASSIGN(const auto box, json_four_numbers(*list, "\"bounding_box\""));
  const auto [x, y, w, h] = box;
  for (const double corner : {x, y, x + w, y + h}) {
    if (!(corner >= -kTolerance && corner <= 1 + kTolerance)) {
      return corrupt(fmt::format("\"bounding_box\" reaches {}; it is relative to the image, 0 to 1", corner));
    }
  }
  if (w < 0 || h < 0) return corrupt("\"bounding_box\" has a negative width or height");
  Detection detection;
  PRETAG_ASSIGN(detection.label, read_label(record, classes));
  const auto clip = [](double value, double size) { return static_cast<float>(std::clamp(value, 0.0, 1.0) * size); };
  detection.box_in_image = {clip(x, width), clip(y, height), clip(x + w, width), clip(y + h, height)};
  detection.score = 1;
  if (const auto confidence = record.find("confidence"); confidence != record.end() && !confidence->is_null()) {
    PRETAG_ASSIGN(const double score, json_number(record, "confidence"));
    if (score < 0 || score > 1) return corrupt("\"confidence\" must be 0 to 1");
    detection.score = static_cast<float>(score);
  }
  return detection;
}

Result<Prediction> read_image(const std::string& filename, const json& detections, Dataset& dataset,
                              const std::vector<ImageSize>& sizes) {
  const ImageSize* size = find_size(sizes, filename);
  PRETAG_TRY(require_size(filename, size == nullptr ? 0 : size->width, size == nullptr ? 0 : size->height));
  Prediction image{filename, size->width, size->height, {}};
  if (!detections.is_array()) return corrupt("must be a list of objects");
  for (const json& record : detections) {
    PRETAG_ASSIGN(Detection detection, read_detection(record, dataset.classes, size->width, size->height));
    PRETAG_TRY(add_class(dataset.classes, detection.label));
    image.detections.push_back(std::move(detection));
  }
  return image;
}

}  // namespace

Result<Notes> write_fiftyone(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  PRETAG_ASSIGN(const std::string prefix, image_folder(target.image_prefix));
  FolderWriter folder(target.files, target.path);
  PRETAG_TRY(folder.stream("data.json",
                           [&](const FileSystem::Sink& sink) { return write_data(dataset, prefix, notes, sink); }));
  PRETAG_TRY(folder.stream("labels.json", [&](const FileSystem::Sink& sink) { return write_labels(dataset, sink); }));
  return notes;
}

Result<Dataset> read_fiftyone_text(std::string_view labels, std::string_view data,
                                   const std::vector<ImageSize>& sizes) {
  PRETAG_ASSIGN(const auto names, names_of_stems(data, sizes));
  const json document = json::parse(labels, nullptr, false);
  if (document.is_discarded()) return corrupt("not valid JSON");
  if (!document.is_object() || !document.contains("labels") || !document["labels"].is_object()) {
    return corrupt("holds no object \"labels\"; this is no FiftyOneImageDetectionDataset");
  }
  Dataset dataset;
  if (const auto classes = document.find("classes"); classes != document.end() && classes->is_array()) {
    for (const json& name : *classes) {
      if (!name.is_string()) return corrupt("\"classes\" must be a list of names");
      PRETAG_TRY(add_class(dataset.classes, name));
    }
  }
  for (const auto& [stem, detections] : document["labels"].items()) {
    const auto name = names.find(stem);
    if (name == names.end()) {
      dataset.notes.add("labels belong to no image and are left out", stem);
      continue;
    }
    if (detections.is_null()) {
      dataset.notes.add("images are not labelled and are left out", name->second);
      continue;
    }
    auto image = read_image(name->second, detections, dataset, sizes);
    if (!image) return image.error().in(fmt::format("\"{}\"", one_line(stem)));
    dataset.images.push_back(*std::move(image));
  }
  PRETAG_TRY(finish_dataset(dataset, sizes));
  return dataset;
}

Result<Dataset> read_fiftyone(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string labels, read_text_file(source.files, source.path + "/labels.json", kMaxBytes));
  std::string data;
  if (source.files.exists(source.path + "/data.json")) {
    PRETAG_ASSIGN(data, read_text_file(source.files, source.path + "/data.json", kMaxBytes));
  }
  return read_fiftyone_text(labels, data, source.sizes);
}

}  // namespace pretag
