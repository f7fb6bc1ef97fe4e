#include "pretag/formats/kitti.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/number_text.h"
#include "pretag/formats/stems.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kFolder[] = "label_2";

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// What the files call each class.
Result<std::map<std::string, std::string>> names_without_spaces(const std::vector<std::string>& classes, Notes& notes) {
  std::map<std::string, std::string> names;
  std::set<std::string> taken;
  for (const std::string& name : classes) {
    std::string written = name;
    std::ranges::replace_if(
        written, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }, '_');
    if (written != name) notes.add("classes are written with '_', for KITTI's columns are separated by spaces", name);
    if (!taken.insert(written).second || written == "DontCare") {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("the class \"{}\" cannot be written as '{}', which has another meaning; rename it",
                               one_line(name), one_line(written))};
    }
    names.emplace(name, std::move(written));
  }
  return names;
}

// type, truncated, occluded, alpha, left, top, right, bottom, height, width, length, x, y, z, rotation_y, score
std::string object_line(const Detection& detection, const std::string& name) {
  const Box& box = detection.box_in_image;
  return fmt::format("{} -1 -1 -10 {:.2f} {:.2f} {:.2f} {:.2f} -1 -1 -1 -1000 -1000 -1000 -10 {}\n", name, box.x1,
                     box.y1, box.x2, box.y2, json_float(detection.score));
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (line = trim(line); !line.empty(); line = trim(line)) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    columns.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return columns;
}

Result<Detection> read_object(const std::vector<std::string_view>& columns) {
  if (columns.size() != 15 && columns.size() != 16) {
    return corrupt(fmt::format("has {} columns; KITTI's labels have 15, results 16", columns.size()));
  }
  Detection object;
  object.label = std::string(columns[0]);
  object.score = 1;
  std::array<float, 4> corners{};
  for (size_t i = 0; i < 4; ++i) {
    PRETAG_ASSIGN(const double corner, parse_number(columns[4 + i], "a corner", -kMaxPixels, kMaxPixels));
    corners[i] = static_cast<float>(corner);
  }
  object.box_in_image = {corners[0], corners[1], corners[2], corners[3]};
  if (corners[0] > corners[2] || corners[1] > corners[3]) return corrupt("the box must be left, top, right, bottom");
  if (columns.size() == 16) {
    PRETAG_ASSIGN(const double score, parse_number(columns[15], "the score", 0, 1));
    object.score = static_cast<float>(score);
  }
  return object;
}

// The images by their stems, the first of each.
std::map<std::string, std::string> names_of_stems(const std::vector<ImageSize>& sizes) {
  std::map<std::string, std::string> names;
  for (const ImageSize& size : sizes) names.emplace(stem_of(size.filename), size.filename);
  return names;
}

}  // namespace

Result<Notes> write_kitti(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  PRETAG_ASSIGN(const auto names, names_without_spaces(dataset.classes, notes));
  StemOwners stems;
  FolderWriter folder(target.files, target.path);
  PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
    if (!stems.claim(image.filename)) {
      notes.add(kStemTaken, image.filename);
      return {};
    }
    std::string text;
    for (const Detection& detection : image.detections) {
      PRETAG_ASSIGN(const size_t number, class_number(dataset.classes, detection.label));
      text += object_line(detection, names.at(dataset.classes[number]));
    }
    return folder.write(fmt::format("{}/{}.txt", kFolder, stem_of(image.filename)), text);
  }));
  return notes;
}

Result<std::vector<Detection>> read_kitti_objects(std::string_view text) {
  std::vector<Detection> objects;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto columns = columns_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (columns.empty() || columns[0] == "DontCare") continue;
    auto object = read_object(columns);
    if (!object) return object.error().in(fmt::format("line {}", number));
    objects.push_back(*std::move(object));
  }
  return objects;
}

Result<Dataset> read_kitti(const ImportSource& source) {
  const std::string below = source.path + "/" + kFolder;
  const std::string folder = is_folder(source.files, below) ? below : source.path;
  PRETAG_ASSIGN(const std::vector<std::string> paths, find_files(source.files, folder, ".txt"));
  const std::map<std::string, std::string> names = names_of_stems(source.sizes);
  Dataset dataset;
  for (const std::string& path : paths) {
    const std::string stem = stem_of(path);
    const auto known = names.find(stem);
    if (known == names.end() && !names.empty()) {
      dataset.notes.add("label files belong to no image and are left out", path);
      continue;
    }
    PRETAG_ASSIGN(const std::string text, read_text_file(source.files, folder + "/" + path, kMaxImageFileBytes));
    auto objects = read_kitti_objects(text);
    if (!objects) return objects.error().in(folder + "/" + path);
    for (const Detection& object : *objects) PRETAG_TRY(add_class(dataset.classes, object.label));
    dataset.images.push_back({known == names.end() ? stem + ".png" : known->second, 0, 0, *std::move(objects)});
  }
  std::ranges::sort(dataset.classes);
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
