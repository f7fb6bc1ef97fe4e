#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <pugixml.hpp>

#include "pretag/formats/folder_files.h"
#include "pretag/formats/image_url.h"
#include "pretag/formats/json_records.h"
#include "pretag/formats/label_studio.h"
#include "pretag/formats/number_text.h"
#include "pretag/formats/xml_text.h"

namespace pretag {
namespace {

using nlohmann::json;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

bool is_true(const json& record, const char* key) {
  const auto value = record.find(key);
  return value != record.end() && value->is_boolean() && value->get<bool>();
}

Result<double> percentage(const json& value, const char* key) {
  PRETAG_ASSIGN(const double number, json_number(value, key));
  if (std::abs(number) > 1000) return corrupt(fmt::format("\"{}\" is {}, no percentage of the image", key, number));
  return number;
}

// Turned by `degrees` clockwise about its top left corner; the box around that.
Box around(double x, double y, double width, double height, double degrees) {
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const double right[] = {width * c, width * s}, down[] = {-height * s, height * c};
  const auto low = [](double a, double b) { return std::min({0.0, a, b, a + b}); };
  const auto high = [](double a, double b) { return std::max({0.0, a, b, a + b}); };
  return {static_cast<float>(x + low(right[0], down[0])), static_cast<float>(y + low(right[1], down[1])),
          static_cast<float>(x + high(right[0], down[0])), static_cast<float>(y + high(right[1], down[1]))};
}

class TaskReader {
 public:
  explicit TaskReader(const std::string& image_prefix) : image_prefix_(image_prefix) {}

  Status read(const json& task, Dataset& dataset) {
    if (!task.is_object() || !task.contains("data"))
      return corrupt("\"data\" is missing; this is no Label Studio task");
    Prediction image;
    PRETAG_ASSIGN(image.filename, filename(task["data"]));
    const json* regions = regions_of(task);
    if (regions == nullptr) {  // which is not the same as to say that nothing is there
      dataset.notes.add("images are not labelled and are left out", image.filename);
      return {};
    }
    for (const json& region : *regions) PRETAG_TRY(read_region(region, image, dataset));
    if (image.width == 0) PRETAG_TRY(read_size(task["data"], "width", "height", image));
    dataset.images.push_back(std::move(image));
    return {};
  }

 private:
  Result<std::string> filename(const json& data) const {
    if (data.is_object() && data.contains("filename")) return json_string(data, "filename");
    PRETAG_ASSIGN(const std::string url, json_string(data, "image"));
    return name_in_url(image_prefix_, url);
  }

  // What people say goes before what a model says. Null if nobody has said anything.
  static const json* regions_of(const json& task) {
    const json* found = nullptr;
    if (const auto list = task.find("annotations"); list != task.end() && list->is_array()) {
      for (const json& annotation : *list) {
        if (annotation.is_object() && !is_true(annotation, "was_cancelled")) found = &annotation;
      }
    }
    if (const auto list = task.find("predictions"); found == nullptr && list != task.end() && list->is_array()) {
      if (!list->empty() && list->front().is_object()) found = &list->front();
    }
    if (found == nullptr || !found->contains("result") || !(*found)["result"].is_array()) return nullptr;
    return &(*found)["result"];
  }

  static Status read_size(const json& record, const char* width, const char* height, Prediction& image) {
    if (!record.is_object() || !record.contains(width) || !record.contains(height)) return {};
    PRETAG_ASSIGN(const int64_t w, json_integer(record, width));
    PRETAG_ASSIGN(const int64_t h, json_integer(record, height));
    constexpr auto kMost = static_cast<int64_t>(kMaxPixels);
    if (w < 1 || h < 1 || w > kMost || h > kMost) return corrupt(fmt::format("an image of {} x {}", w, h));
    image.width = static_cast<int>(w), image.height = static_cast<int>(h);
    return {};
  }

  static Status read_region(const json& region, Prediction& image, Dataset& dataset) {
    const auto type = region.is_object() ? region.find("type") : region.end();
    const bool has_value = region.is_object() && region.contains("value") && region["value"].is_object();
    if (!has_value || type == region.end() || *type != "rectanglelabels") {
      dataset.notes.add("results that are no labelled rectangles are left out", image.filename);
      return {};
    }
    PRETAG_TRY(read_size(region, "original_width", "original_height", image));
    if (image.width == 0) return corrupt("a rectangle has no \"original_width\" and \"original_height\"");
    const json& value = region["value"];
    PRETAG_ASSIGN(const json* labels, json_list(value, "rectanglelabels"));
    if (labels->empty()) return corrupt("a rectangle has no label");
    Detection detection;
    PRETAG_ASSIGN(detection.box_in_image, read_box(value, image, dataset.notes));
    detection.score = 1;
    if (const auto score = region.find("score"); score != region.end() && !score->is_null()) {
      PRETAG_ASSIGN(const double number, json_number(region, "score"));
      if (number < 0 || number > 1) return corrupt("\"score\" must be 0 to 1");
      detection.score = static_cast<float>(number);
    }
    for (const json& label : *labels) {  // several, where a project lets people choose so
      if (!label.is_string()) return corrupt("a rectangle has no label");
      detection.label = label.get<std::string>();
      PRETAG_TRY(add_class(dataset.classes, detection.label));
      image.detections.push_back(detection);
    }
    return {};
  }

  static Result<Box> read_box(const json& value, const Prediction& image, Notes& notes) {
    PRETAG_ASSIGN(const double x, percentage(value, "x"));
    PRETAG_ASSIGN(const double y, percentage(value, "y"));
    PRETAG_ASSIGN(const double width, percentage(value, "width"));
    PRETAG_ASSIGN(const double height, percentage(value, "height"));
    if (width < 0 || height < 0) return corrupt("a rectangle has a negative width or height");
    double rotation = 0;
    if (value.contains("rotation")) {
      PRETAG_ASSIGN(rotation, json_number(value, "rotation"));
    }
    const double w = image.width / 100.0, h = image.height / 100.0;
    const Box upright = {static_cast<float>(x * w), static_cast<float>(y * h), static_cast<float>((x + width) * w),
                         static_cast<float>((y + height) * h)};
    if (rotation == 0) return upright;
    notes.add("turned rectangles become the upright boxes around them", image.filename);
    return around(x * w, y * h, width * w, height * h, rotation);
  }

  const std::string& image_prefix_;
};

// Classes that nothing is labelled as are only in the labelling interface.
Status read_interface(std::string_view xml, std::vector<std::string>& classes) {
  pugi::xml_document document;
  PRETAG_TRY(parse_xml(xml, document));
  for (const pugi::xpath_node& label : document.select_nodes("//RectangleLabels/Label")) {
    PRETAG_TRY(add_class(classes, label.node().attribute("value").value()));
  }
  return {};
}

Status read_tasks(std::string_view text, const std::string& image_prefix, Dataset& dataset) {
  TaskReader reader(image_prefix);
  PRETAG_TRY(for_each_json_record(text, {{""}, {}}, [&](std::string_view, size_t index, const json& task) {
    const Status status = reader.read(task, dataset);
    return status.ok() ? status : Status(status.error().in(fmt::format("task {}", index)));
  }));
  return finish_dataset(dataset, {});
}

}  // namespace

Result<Dataset> read_label_studio_text(std::string_view text, const std::string& image_prefix) {
  Dataset dataset;
  PRETAG_TRY(read_tasks(text, image_prefix, dataset));
  return dataset;
}

Result<Dataset> read_label_studio(const ImportSource& source) {
  Dataset dataset;
  const bool folder = is_folder(source.files, source.path);
  if (folder && source.files.exists(source.path + "/labels.xml")) {
    PRETAG_ASSIGN(const std::string xml, read_text_file(source.files, source.path + "/labels.xml", kMaxImageFileBytes));
    if (Status read = read_interface(xml, dataset.classes); !read) return read.error().in("labels.xml");
  }
  const std::string path = folder ? source.path + "/tasks.json" : source.path;
  PRETAG_ASSIGN(const std::string text, read_text_file(source.files, path, kMaxDocumentBytes));
  PRETAG_TRY(read_tasks(text, source.image_prefix, dataset));
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
