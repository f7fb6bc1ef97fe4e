#include "pretag/formats/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/number_text.h"
#include "pretag/formats/stems.h"
#include "pretag/formats/xml_text.h"

namespace pretag {
namespace {

constexpr char kFolder[] = "Annotations";

struct PixelRange {
  int first = 1, last = 1;  // counted from 1
};

PixelRange pixels_between(float low, float high, int size) {
  const int first = std::clamp(static_cast<int>(std::floor(low + 0.5f)) + 1, 1, size);
  return {first, std::clamp(static_cast<int>(std::floor(high + 0.5f)), first, size)};
}

Result<std::string> object_element(const Detection& detection, const Prediction& image, bool scores) {
  PRETAG_ASSIGN(const std::string name, xml_text(detection.label));
  const PixelRange x = pixels_between(detection.box_in_image.x1, detection.box_in_image.x2, image.width);
  const PixelRange y = pixels_between(detection.box_in_image.y1, detection.box_in_image.y2, image.height);
  return fmt::format(
      "  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n    <truncated>0</truncated>\n"
      "    <difficult>0</difficult>\n{}    <bndbox>\n      <xmin>{}</xmin>\n      <ymin>{}</ymin>\n"
      "      <xmax>{}</xmax>\n      <ymax>{}</ymax>\n    </bndbox>\n  </object>\n",
      name, scores ? fmt::format("    <score>{}</score>\n", json_float(detection.score)) : "", x.first, y.first, x.last,
      y.last);
}

Result<std::string> annotation_file(const Prediction& image, const std::vector<std::string>& classes, bool scores) {
  PRETAG_TRY(require_size(image.filename, image.width, image.height));
  const size_t name_at = image.filename.rfind('/') + 1;
  PRETAG_ASSIGN(const std::string folder, xml_text(name_at == 0 ? "" : image.filename.substr(0, name_at - 1)));
  PRETAG_ASSIGN(const std::string name, xml_text(image.filename.substr(name_at)));
  std::string text = fmt::format(
      "<annotation>\n  <folder>{}</folder>\n  <filename>{}</filename>\n"
      "  <source>\n    <database>Unknown</database>\n  </source>\n"
      "  <size>\n    <width>{}</width>\n    <height>{}</height>\n    <depth>3</depth>\n  </size>\n"
      "  <segmented>0</segmented>\n",
      folder, name, image.width, image.height);
  for (const Detection& detection : image.detections) {
    PRETAG_TRY(class_number(classes, detection.label));
    PRETAG_ASSIGN(const std::string object, object_element(detection, image, scores));
    text += object;
  }
  return text + "</annotation>\n";
}

Result<Detection> read_object(const pugi::xml_node& node) {
  Detection object;
  object.label = node.child_value("name");
  const pugi::xml_node box = node.child("bndbox");
  PRETAG_ASSIGN(const double xmin, xml_child_number(box, "xmin", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double ymin, xml_child_number(box, "ymin", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double xmax, xml_child_number(box, "xmax", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double ymax, xml_child_number(box, "ymax", -kMaxPixels, kMaxPixels));
  object.box_in_image = {static_cast<float>(xmin - 1), static_cast<float>(ymin - 1), static_cast<float>(xmax),
                         static_cast<float>(ymax)};
  if (object.box_in_image.width() < 0 || object.box_in_image.height() < 0) {
    return Error{ErrorCode::kCorrupt, "<bndbox> must have xmin <= xmax and ymin <= ymax"};
  }
  object.score = 1;
  if (node.child("score")) {
    PRETAG_ASSIGN(const double score, xml_child_number(node, "score", 0, 1));
    object.score = static_cast<float>(score);
  }
  return object;
}

Result<int> read_size(const pugi::xml_node& size, const char* name) {
  if (!size) return 0;  // some tools leave it out
  PRETAG_ASSIGN(const double pixels, xml_child_number(size, name, 0, kMaxPixels));
  return static_cast<int>(pixels);
}

}  // namespace

Result<Notes> write_voc(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  StemOwners stems;
  FolderWriter folder(target.files, target.path);
  PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
    if (!stems.claim(image.filename)) {
      notes.add(kStemTaken, image.filename);
      return {};
    }
    const auto text = annotation_file(image, dataset.classes, target.scores);
    if (!text) return text.error();
    return folder.write(fmt::format("{}/{}.xml", kFolder, stem_of(image.filename)), *text);
  }));
  return notes;
}

Result<Prediction> read_voc_file(std::string_view xml, const std::string& folder) {
  pugi::xml_document document;
  PRETAG_TRY(parse_xml(xml, document));
  const pugi::xml_node root = document.child("annotation");
  if (!root) return Error{ErrorCode::kCorrupt, "holds no <annotation>; this is no Pascal VOC"};
  Prediction image;
  const std::string path = root.child_value("filename");
  const std::string name = path.substr(path.find_last_of("/\\") + 1);
  if (name.empty()) return Error{ErrorCode::kCorrupt, "has no <filename>"};
  image.filename = folder.empty() ? name : folder + "/" + name;
  PRETAG_ASSIGN(image.width, read_size(root.child("size"), "width"));
  PRETAG_ASSIGN(image.height, read_size(root.child("size"), "height"));
  size_t number = 0;
  for (const pugi::xml_node& node : root.children("object")) {
    ++number;
    auto object = read_object(node);
    if (!object) return object.error().in(fmt::format("object {}", number));
    image.detections.push_back(*std::move(object));
  }
  return image;
}

Result<Dataset> read_voc(const ImportSource& source) {
  const std::string below = source.path + "/" + kFolder;
  const std::string root = is_folder(source.files, below) ? below : source.path;
  PRETAG_ASSIGN(const std::vector<std::string> paths, find_files(source.files, root, ".xml"));
  Dataset dataset;
  for (const std::string& path : paths) {
    PRETAG_ASSIGN(const std::string text, read_text_file(source.files, root + "/" + path, kMaxImageFileBytes));
    const size_t slash = path.rfind('/');
    auto image = read_voc_file(text, slash == std::string::npos ? "" : path.substr(0, slash));
    if (!image) return image.error().in(root + "/" + path);
    for (const Detection& object : image->detections) {
      if (Status added = add_class(dataset.classes, object.label); !added) return added.error().in(root + "/" + path);
    }
    dataset.images.push_back(*std::move(image));
  }
  std::ranges::sort(dataset.classes);
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
