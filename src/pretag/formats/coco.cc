#include "pretag/formats/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "pretag/formats/dataset.h"
#include "pretag/formats/json_records.h"

namespace pretag {
namespace {

using nlohmann::json;

// Far beyond any image; what is beyond it is damage, and would lose its pixels in a float.
constexpr double kMaxPixels = 1e6;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<Box> read_box(const json& record) {
  PRETAG_ASSIGN(const json* list, json_list(record, "bbox"));
  PRETAG_ASSIGN(const auto numbers, json_four_numbers(*list, "\"bbox\""));
  for (const double number : numbers) {
    if (number < -kMaxPixels || number > kMaxPixels) return corrupt(fmt::format("\"bbox\" holds {}", number));
  }
  const auto [x, y, width, height] = numbers;
  if (width < 0 || height < 0) return corrupt("\"bbox\" has a negative width or height");
  return Box{static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width),
             static_cast<float>(y + height)};
}

Result<int> read_size(const json& record, const char* key) {
  PRETAG_ASSIGN(const int64_t size, json_integer(record, key));
  if (size <= 0 || size > static_cast<int64_t>(kMaxPixels)) return corrupt(fmt::format("\"{}\" is {}", key, size));
  return static_cast<int>(size);
}

// Collects the three lists, which may come in any order, and joins them at the end.
class LabelsReader {
 public:
  Status add(std::string_view list, const json& record) {
    if (list == "images") return add_image(record);
    if (list == "categories") return add_category(record);
    return add_annotation(record);
  }

  Result<CocoLabels> finish() {
    CocoLabels labels;
    PRETAG_TRY(sort_images(labels));
    for (const auto& [id, name] : categories_) {
      labels.labels.classes.push_back(name);
      labels.class_of_id.emplace(id, name);
    }
    for (size_t i = 0; i < annotations_.size(); ++i) {
      Annotation& annotation = annotations_[i];
      const auto image = labels.image_of_id.find(annotation.image_id);
      const auto category = labels.class_of_id.find(annotation.category_id);
      if (image == labels.image_of_id.end() || category == labels.class_of_id.end()) {
        const bool no_image = image == labels.image_of_id.end();
        return corrupt(fmt::format("annotations[{}]: no {} has the id {}", i, no_image ? "image" : "category",
                                   no_image ? annotation.image_id : annotation.category_id));
      }
      annotation.object.label = category->second;
      labels.labels.images[image->second].objects.push_back(std::move(annotation.object));
    }
    return labels;
  }

 private:
  struct Annotation {
    int64_t image_id, category_id;
    GroundTruth object;  // without its label
  };

  Status add_image(const json& record) {
    LabelledImage image;
    PRETAG_ASSIGN(const int64_t id, json_integer(record, "id"));
    PRETAG_ASSIGN(image.filename, json_string(record, "file_name"));
    PRETAG_ASSIGN(image.width, read_size(record, "width"));
    PRETAG_ASSIGN(image.height, read_size(record, "height"));
    images_.emplace_back(id, std::move(image));
    return {};
  }

  Status add_category(const json& record) {
    PRETAG_ASSIGN(const int64_t id, json_integer(record, "id"));
    PRETAG_ASSIGN(std::string name, json_string(record, "name"));
    for (const auto& [other_id, other_name] : categories_) {
      if (other_id == id) return corrupt(fmt::format("the id {} occurs twice", id));
      if (other_name == name) return corrupt(fmt::format("the name \"{}\" occurs twice", name));
    }
    if (categories_.size() == kMaxClasses) return corrupt(fmt::format("more than {} categories", kMaxClasses));
    categories_.emplace_back(id, std::move(name));
    return {};
  }

  Status add_annotation(const json& record) {
    Annotation annotation;
    PRETAG_ASSIGN(annotation.image_id, json_integer(record, "image_id"));
    PRETAG_ASSIGN(annotation.category_id, json_integer(record, "category_id"));
    PRETAG_ASSIGN(annotation.object.box_in_image, read_box(record));
    annotation.object.area = annotation.object.box_in_image.area();
    if (record.contains("area")) {
      PRETAG_ASSIGN(const double area, json_number(record, "area"));
      if (area < 0 || area > kMaxPixels * kMaxPixels) return corrupt(fmt::format("\"area\" is {}", area));
      annotation.object.area = static_cast<float>(area);
    }
    if (const auto crowd = record.find("iscrowd"); crowd != record.end()) {
      if (!crowd->is_boolean() && !crowd->is_number()) return corrupt("\"iscrowd\" must be 0 or 1");
      annotation.object.crowd = crowd->is_boolean() ? crowd->get<bool>() : crowd->get<double>() != 0;
    }
    annotations_.push_back(std::move(annotation));
    return {};
  }

  Status sort_images(CocoLabels& labels) {
    std::ranges::stable_sort(images_, {},
                             [](const auto& image) -> const std::string& { return image.second.filename; });
    for (auto& [id, image] : images_) {
      auto& sorted = labels.labels.images;
      if (!sorted.empty() && sorted.back().filename == image.filename) {
        return corrupt(fmt::format("images: the file name \"{}\" occurs twice", image.filename));
      }
      if (!labels.image_of_id.emplace(id, sorted.size()).second) {
        return corrupt(fmt::format("images: the id {} occurs twice", id));
      }
      sorted.push_back(std::move(image));
    }
    return {};
  }

  std::vector<std::pair<int64_t, LabelledImage>> images_;
  std::vector<std::pair<int64_t, std::string>> categories_;
  std::vector<Annotation> annotations_;
};

bool is_crowd(const json& record) {
  if (!record.is_object()) return false;
  const auto crowd = record.find("iscrowd");
  return crowd != record.end() && *crowd != 0 && *crowd != false;
}

Status add_prediction(const json& record, const CocoLabels& labels, std::vector<Prediction>& predictions) {
  if (is_crowd(record)) return {};
  PRETAG_ASSIGN(const int64_t image_id, json_integer(record, "image_id"));
  PRETAG_ASSIGN(const int64_t category_id, json_integer(record, "category_id"));
  PRETAG_ASSIGN(const Box box, read_box(record));
  double score = 1;
  if (record.contains("score")) {
    PRETAG_ASSIGN(score, json_number(record, "score"));
  }
  const auto image = labels.image_of_id.find(image_id);
  if (image == labels.image_of_id.end()) return corrupt(fmt::format("no image has the id {}", image_id));
  const auto category = labels.class_of_id.find(category_id);
  if (category == labels.class_of_id.end()) return corrupt(fmt::format("no category has the id {}", category_id));
  if (score < 0 || score > 1) return corrupt("\"score\" must be 0 to 1");
  predictions[image->second].detections.push_back({box, category->second, static_cast<float>(score), {}});
  return {};
}

}  // namespace

Result<CocoLabels> read_coco_labels(std::string_view json_text) {
  LabelsReader reader;
  bool has_images = false, has_annotations = false, has_categories = false;
  const JsonRecordLists lists = {{"images", "annotations", "categories"}, {"segmentation", "keypoints"}};
  PRETAG_TRY(for_each_json_record(json_text, lists, [&](std::string_view list, size_t index, const json& record) {
    (list == "images" ? has_images : list == "categories" ? has_categories : has_annotations) = true;
    const Status status = reader.add(list, record);
    return status.ok() ? status : Status(status.error().in(fmt::format("{}[{}]", list, index)));
  }));
  if (!has_images) return corrupt("there are no \"images\"; these are no COCO labels");
  if (has_annotations && !has_categories) return corrupt("there are no \"categories\"; these are no COCO labels");
  return reader.finish();
}

Result<std::vector<Prediction>> read_coco_annotations(std::string_view json_text, const CocoLabels& labels) {
  std::vector<Prediction> predictions;
  for (const LabelledImage& image : labels.labels.images) {
    predictions.push_back({image.filename, image.width, image.height, {}});
  }
  const JsonRecordLists lists = {{"annotations"}, {"segmentation", "keypoints"}};
  PRETAG_TRY(for_each_json_record(json_text, lists, [&](std::string_view list, size_t index, const json& record) {
    const Status status = add_prediction(record, labels, predictions);
    return status.ok() ? status : Status(status.error().in(fmt::format("{}[{}]", list, index)));
  }));
  for (Prediction& prediction : predictions) {
    std::ranges::stable_sort(prediction.detections, std::ranges::greater(), &Detection::score);
  }
  return predictions;
}

}  // namespace pretag
