#include "pretag/formats/coco_dataset.h"

#include <fmt/format.h>

#include <cmath>

#include "pretag/formats/coco.h"
#include "pretag/formats/json_text.h"

namespace pretag {
namespace {

constexpr int kDecimals = 2;

// Rounded before the width is taken, so that x + width is x2 rounded.
double rounded(float pixels) { return std::round(double{pixels} * 100) / 100; }

Status write_categories(const std::vector<std::string>& classes, const FileSystem::Sink& sink) {
  // pycocotools 2.0.9 cannot do without "info".
  std::string text = "{\"info\": {\"description\": \"pretag convert\"},\n\"licenses\": [],\n\"categories\": [";
  for (size_t number = 0; number < classes.size(); ++number) {
    PRETAG_ASSIGN(const std::string name, json_text(classes[number]));
    text += fmt::format("{}\n{{\"id\": {}, \"name\": {}, \"supercategory\": \"\"}}", number == 0 ? "" : ",", number + 1,
                        name);
  }
  return sink(text + "\n],\n\"images\": [");
}

Status write_images(const DatasetView& dataset, const FileSystem::Sink& sink) {
  size_t id = 0;
  return dataset.for_each([&](const Prediction& image) -> Status {
    PRETAG_TRY(require_size(image.filename, image.width, image.height));
    PRETAG_ASSIGN(const std::string name, json_text(image.filename));
    const char* separator = id == 0 ? "" : ",";
    return sink(fmt::format("{}\n{{\"id\": {}, \"file_name\": {}, \"width\": {}, \"height\": {}}}", separator, ++id,
                            name, image.width, image.height));
  });
}

Status write_annotations(const DatasetView& dataset, const FileSystem::Sink& sink) {
  size_t id = 0, image_id = 0;
  return dataset.for_each([&](const Prediction& image) -> Status {
    ++image_id;
    std::string text;
    for (const Detection& detection : image.detections) {
      PRETAG_ASSIGN(const size_t number, class_number(dataset.classes, detection.label));
      const Box& box = detection.box_in_image;
      const double x = rounded(box.x1), y = rounded(box.y1);
      const double width = rounded(box.x2) - x, height = rounded(box.y2) - y;
      text += id == 0 ? "\n" : ",\n";
      text += fmt::format(
          "{{\"id\": {}, \"image_id\": {}, \"category_id\": {}, \"bbox\": [{}, {}, {}, {}], \"area\": {}, "
          "\"iscrowd\": 0, \"segmentation\": [], \"score\": {}}}",
          ++id, image_id, number + 1, json_fixed(x, kDecimals), json_fixed(y, kDecimals), json_fixed(width, kDecimals),
          json_fixed(height, kDecimals), json_fixed(width * height, kDecimals), json_float(detection.score));
    }
    return sink(text);
  });
}

}  // namespace

Result<Notes> write_coco(const DatasetView& dataset, const ExportTarget& target) {
  PRETAG_TRY(target.files.stream_atomically(target.path, [&](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(write_categories(dataset.classes, sink));
    PRETAG_TRY(write_images(dataset, sink));
    PRETAG_TRY(sink("\n],\n\"annotations\": ["));
    PRETAG_TRY(write_annotations(dataset, sink));
    return sink("\n]}\n");
  }));
  return Notes();
}

Result<Dataset> read_coco(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string text, read_text_file(source.files, source.path, kMaxDocumentBytes));
  PRETAG_ASSIGN(const CocoLabels labels, read_coco_labels(text));
  Dataset dataset;
  dataset.classes = labels.labels.classes;
  bool has_objects = false;
  for (const LabelledImage& image : labels.labels.images) {
    dataset.images.push_back({image.filename, image.width, image.height, {}});
    for (const GroundTruth& object : image.objects) {
      has_objects = true;
      if (object.crowd) dataset.notes.add("boxes of crowds are left out", image.filename);
    }
  }
  if (has_objects) {
    PRETAG_ASSIGN(dataset.images, read_coco_annotations(text, labels));
  }
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
