// Writing; label_studio_read.cc reads.
#include "pretag/formats/label_studio.h"

#include <fmt/format.h>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/image_url.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/xml_text.h"

namespace pretag {
namespace {

constexpr int kDecimals = 4;

// Tasks refer to the tags "label" and "image" by name.
Result<std::string> labelling_interface(const std::vector<std::string>& classes) {
  std::string text =
      "<View>\n  <Image name=\"image\" value=\"$image\"/>\n  <RectangleLabels name=\"label\" toName=\"image\">\n";
  for (const std::string& name : classes) {
    PRETAG_ASSIGN(const std::string value, xml_text(name));
    text += fmt::format("    <Label value=\"{}\"/>\n", value);
  }
  return text + "  </RectangleLabels>\n</View>\n";
}

Result<std::string> region(const Detection& detection, size_t id, int width, int height) {
  PRETAG_ASSIGN(const std::string label, json_text(detection.label));
  const Box& box = detection.box_in_image;
  const auto percent = [](double pixels, int size) { return json_fixed(100 * pixels / size, kDecimals); };
  return fmt::format(
      "{{\"id\": \"{}\", \"type\": \"rectanglelabels\", \"from_name\": \"label\", \"to_name\": \"image\", "
      "\"original_width\": {}, \"original_height\": {}, \"image_rotation\": 0, \"score\": {}, "
      "\"value\": {{\"rotation\": 0, \"x\": {}, \"y\": {}, \"width\": {}, \"height\": {}, \"rectanglelabels\": "
      "[{}]}}}}",
      id, width, height, json_float(detection.score), percent(box.x1, width), percent(box.y1, height),
      percent(double{box.x2} - box.x1, width), percent(double{box.y2} - box.y1, height), label);
}

Result<std::string> task(const Prediction& image, const std::vector<std::string>& classes, const std::string& prefix) {
  PRETAG_TRY(require_size(image.filename, image.width, image.height));
  PRETAG_ASSIGN(const std::string filename, json_text(image.filename));
  PRETAG_ASSIGN(const std::string url, json_text(image_url(prefix, image.filename)));
  std::string regions;
  for (size_t i = 0; i < image.detections.size(); ++i) {
    PRETAG_TRY(class_number(classes, image.detections[i].label));
    PRETAG_ASSIGN(const std::string text, region(image.detections[i], i + 1, image.width, image.height));
    regions += (i == 0 ? "\n  " : ",\n  ") + text;
  }
  return fmt::format(
      "{{\"data\": {{\"image\": {}, \"filename\": {}, \"width\": {}, \"height\": {}}}, \"predictions\": "
      "[{{\"model_version\": \"pretag\", \"result\": [{}]}}]}}",
      url, filename, image.width, image.height, regions);
}

}  // namespace

Result<Notes> write_label_studio(const DatasetView& dataset, const ExportTarget& target) {
  Notes notes;
  FolderWriter folder(target.files, target.path);
  PRETAG_ASSIGN(const std::string interface, labelling_interface(dataset.classes));
  PRETAG_TRY(folder.write("labels.xml", interface));
  PRETAG_TRY(folder.stream("tasks.json", [&](const FileSystem::Sink& sink) -> Status {
    const char* separator = "[\n";
    PRETAG_TRY(dataset.for_each([&](const Prediction& image) -> Status {
      PRETAG_ASSIGN(const std::string text, task(image, dataset.classes, target.image_prefix));
      return sink(std::exchange(separator, ",\n") + text);
    }));
    return sink(*separator == '[' ? "[]\n" : "\n]\n");
  }));
  return notes;
}

}  // namespace pretag
