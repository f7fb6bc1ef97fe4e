#include "pretag/formats/cvat.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <pugixml.hpp>

#include "pretag/data/frame_name.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/number_text.h"
#include "pretag/formats/stems.h"
#include "pretag/formats/xml_text.h"

namespace pretag {
namespace {

// The first id of images that are found by their names alone. Where a task has no image of the name, CVAT takes the id
// for the number of a frame; with one that no task has, it says so instead of putting the boxes into another image.
constexpr int64_t kNoFrame = 1'000'000'000;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<std::string> head(const std::vector<std::string>& classes) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n"
      "      <mode>annotation</mode>\n      <labels>\n";
  for (const std::string& name : classes) {
    PRETAG_ASSIGN(const std::string escaped, xml_text(name));
    text += fmt::format(
        "        <label>\n          <name>{}</name>\n          <attributes>\n            <attribute>\n"
        "              <name>score</name>\n              <mutable>False</mutable>\n"
        "              <input_type>text</input_type>\n              <default_value></default_value>\n"
        "              <values></values>\n            </attribute>\n          </attributes>\n        </label>\n",
        escaped);
  }
  return text + "      </labels>\n    </task>\n  </meta>\n";
}

Result<std::string> image_element(const Prediction& image, int64_t id, const std::vector<std::string>& classes) {
  PRETAG_TRY(require_size(image.filename, image.width, image.height));
  PRETAG_ASSIGN(const std::string name, xml_text(image.filename));
  std::string text =
      fmt::format("  <image id=\"{}\" name=\"{}\" width=\"{}\" height=\"{}\">\n", id, name, image.width, image.height);
  for (const Detection& detection : image.detections) {
    PRETAG_TRY(class_number(classes, detection.label));
    PRETAG_ASSIGN(const std::string label, xml_text(detection.label));
    const Box& box = detection.box_in_image;
    text += fmt::format(
        "    <box label=\"{}\" source=\"auto\" occluded=\"0\" xtl=\"{:.2f}\" ytl=\"{:.2f}\" xbr=\"{:.2f}\" "
        "ybr=\"{:.2f}\" z_order=\"0\">\n      <attribute name=\"score\">{}</attribute>\n    </box>\n",
        label, box.x1, box.y1, box.x2, box.y2, json_float(detection.score));
  }
  return text + "  </image>\n";
}

// Frames keep their numbers then, by which CVAT finds them in a task of the video, where they have other names.
Result<bool> are_frames_of_one_video(const DatasetView& dataset) {
  bool of_one = true;
  std::optional<std::string> video;
  PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
    const auto frame = parse_frame_name(image.filename);
    of_one = of_one && frame && frame->video == video.value_or(frame->video);
    if (of_one) video = frame->video;
    return {};
  }));
  return of_one;
}

// 1 where the box has none, or where people have left the field empty.
Result<float> read_score(const pugi::xml_node& box) {
  for (const pugi::xml_node& attribute : box.children("attribute")) {
    if (std::strcmp(attribute.attribute("name").value(), "score") != 0 || *attribute.child_value() == '\0') continue;
    PRETAG_ASSIGN(const double score, parse_number(attribute.child_value(), "the score", 0, 1));
    return static_cast<float>(score);
  }
  return 1.0f;
}

Result<Detection> read_box(const pugi::xml_node& node) {
  Detection box;
  box.label = node.attribute("label").value();
  PRETAG_ASSIGN(const double x1, xml_attribute_number(node, "xtl", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double y1, xml_attribute_number(node, "ytl", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double x2, xml_attribute_number(node, "xbr", -kMaxPixels, kMaxPixels));
  PRETAG_ASSIGN(const double y2, xml_attribute_number(node, "ybr", -kMaxPixels, kMaxPixels));
  if (x1 > x2 || y1 > y2) return corrupt("a box must have xtl <= xbr and ytl <= ybr");
  box.box_in_image = {static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2), static_cast<float>(y2)};
  PRETAG_ASSIGN(box.score, read_score(node));
  return box;
}

Status read_image(const pugi::xml_node& node, Dataset& dataset) {
  Prediction& image = dataset.images.emplace_back();
  image.filename = node.attribute("name").value();
  PRETAG_ASSIGN(const double width, xml_attribute_number(node, "width", 1, kMaxPixels));
  PRETAG_ASSIGN(const double height, xml_attribute_number(node, "height", 1, kMaxPixels));
  image.width = static_cast<int>(width), image.height = static_cast<int>(height);
  for (const pugi::xml_node& shape : node.children()) {
    if (shape.type() != pugi::node_element) continue;
    const bool turned = parse_number(shape.attribute("rotation").as_string("0"), "", 0, 0).ok() == false;
    if (std::strcmp(shape.name(), "box") != 0 || turned) {
      dataset.notes.add("shapes that are no upright boxes are left out", image.filename);
      continue;
    }
    PRETAG_ASSIGN(Detection box, read_box(shape));
    PRETAG_TRY(add_class(dataset.classes, box.label));
    image.detections.push_back(std::move(box));
  }
  return {};
}

// A task has its labels in <task>, an export of a whole project in <project>.
Status read_labels(const pugi::xml_node& meta, std::vector<std::string>& classes) {
  for (const pugi::xml_node& owner : meta.children()) {
    for (const pugi::xml_node& label : owner.child("labels").children("label")) {
      PRETAG_TRY(add_class(classes, label.child_value("name")));
    }
  }
  return {};
}

}  // namespace

Result<Notes> write_cvat(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  PRETAG_ASSIGN(const bool frames, are_frames_of_one_video(dataset));
  PRETAG_TRY(target.files.stream_atomically(target.path, [&](const FileSystem::Sink& sink) -> Status {
    const auto start = head(dataset.classes);
    if (!start) return start.error();
    PRETAG_TRY(sink(*start));
    StemOwners stems;
    int64_t next_id = kNoFrame;
    PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
      if (!stems.claim(image.filename)) {
        notes.add(kStemTaken, image.filename);
        return {};
      }
      const int64_t id = frames ? parse_frame_name(image.filename)->index : next_id++;
      const auto element = image_element(image, id, dataset.classes);
      return element.ok() ? sink(*element) : Status(element.error());
    }));
    return sink("</annotations>\n");
  }));
  return notes;
}

Result<Dataset> read_cvat_text(std::string_view xml) {
  pugi::xml_document document;
  PRETAG_TRY(parse_xml(xml, document));
  const pugi::xml_node root = document.child("annotations");
  if (!root) return corrupt("holds no <annotations>; this is no CVAT XML");
  if (root.child("track")) {
    return Error{ErrorCode::kUnsupported, "holds tracks of a video; export it as \"CVAT for images 1.1\""};
  }
  Dataset dataset;
  PRETAG_TRY(read_labels(root.child("meta"), dataset.classes));
  for (const pugi::xml_node& node : root.children("image")) {
    const Status status = read_image(node, dataset);
    if (!status) return status.error().in(fmt::format("image \"{}\"", node.attribute("name").value()));
  }
  PRETAG_TRY(finish_dataset(dataset, {}));
  return dataset;
}

Result<Dataset> read_cvat(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string text, read_text_file(source.files, source.path, kMaxDocumentBytes));
  return read_cvat_text(text);
}

}  // namespace pretag
