// The text of YOLO's files: class names and objects.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "pretag/formats/dataset.h"
#include "pretag/formats/yolo.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxKeypoints = 10000;
constexpr size_t kMaxYamlBytes = 1 << 20;
// Tools round to six decimals or fewer; beyond this the numbers are not relative coordinates.
constexpr double kTolerance = 0.01;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Status check_names(const std::vector<std::string>& names) {
  if (names.empty()) return corrupt("there are no class names");
  if (names.size() > kMaxClasses) return corrupt(fmt::format("more than {} class names", kMaxClasses));
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty() || !is_valid_utf8(name)) return corrupt("a class name is empty or not UTF-8");
    if (!seen.insert(name).second) return corrupt(fmt::format("the class \"{}\" occurs twice", name));
  }
  return {};
}

Result<std::vector<std::string>> names_in(const YAML::Node& document) {
  if (!document.IsMap() || !document["names"]) return corrupt("\"names\" is missing");
  const YAML::Node node = document["names"];
  if (node.size() > kMaxClasses) return corrupt(fmt::format("more than {} class names", kMaxClasses));
  if (node.IsSequence()) return node.as<std::vector<std::string>>();
  if (!node.IsMap()) return corrupt("\"names\" must be a list, or a map from numbers to names");
  std::vector<std::string> names(node.size());
  for (const auto& pair : node) {
    const auto number = pair.first.as<size_t>();
    if (number >= names.size())
      return corrupt(fmt::format("\"names\" has the number {}; they must be 0, 1, 2 …", number));
    names[number] = pair.second.as<std::string>();
  }
  return names;
}

// A keypoint is x and y, and in some datasets whether it is visible.
Result<size_t> keypoint_numbers_in(const YAML::Node& document) {
  if (!document.IsMap() || !document["kpt_shape"]) return size_t{0};
  const auto shape = document["kpt_shape"].as<std::vector<size_t>>();
  const bool fits = shape.size() == 2 && shape[0] >= 1 && shape[0] <= kMaxKeypoints && (shape[1] == 2 || shape[1] == 3);
  if (!fits) return corrupt("\"kpt_shape\" must be the number of keypoints and that of their numbers, 2 or 3");
  return shape[0] * shape[1];
}

// yaml-cpp throws; its exceptions end here.
template <typename Value>
Result<Value> read_yaml(std::string_view text, Result<Value> (*value_in)(const YAML::Node& document)) {
  if (text.size() > kMaxYamlBytes) return corrupt("larger than 1 MiB; this is no data.yaml");
  try {
    return value_in(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& exception) {
    return corrupt(fmt::format("not valid YAML: {} (line {})", exception.msg, exception.mark.line + 1));
  }
}

Result<std::vector<double>> read_numbers(std::string_view line) {
  std::vector<double> numbers;
  for (line = trim(line); !line.empty(); line = trim(line)) {
    double number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    const bool separated = end == line.data() + line.size() || *end == ' ' || *end == '\t';
    if (error != std::errc() || !separated) return corrupt("holds something that is not a number");
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    numbers.push_back(number);
  }
  return numbers;
}

// Corners, relative to the image. `coordinates` are cx, cy, w, h or the points of a polygon.
Box relative_box(std::span<const double> coordinates) {
  double x1 = 1, y1 = 1, x2 = 0, y2 = 0;
  if (coordinates.size() == 4) {
    const double half_width = coordinates[2] / 2, half_height = coordinates[3] / 2;
    x1 = coordinates[0] - half_width, x2 = coordinates[0] + half_width;
    y1 = coordinates[1] - half_height, y2 = coordinates[1] + half_height;
  } else {
    for (size_t i = 0; i + 1 < coordinates.size(); i += 2) {
      x1 = std::min(x1, coordinates[i]), x2 = std::max(x2, coordinates[i]);
      y1 = std::min(y1, coordinates[i + 1]), y2 = std::max(y2, coordinates[i + 1]);
    }
  }
  const auto clip = [](double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); };
  return {clip(x1), clip(y1), clip(x2), clip(y2)};
}

// How the lines of a file are to be read.
struct LineFormat {
  bool scored = false;          // the score may follow
  size_t keypoint_numbers = 0;  // > 0: of poses, which have no polygons
};

// Leaves the class and what its box is made of. The score is 1 where there is none.
Result<float> take_score_and_keypoints(std::vector<double>& numbers, const LineFormat& format) {
  const size_t unscored = 5 + format.keypoint_numbers;
  float score = 1;
  if (format.scored && numbers.size() == unscored + 1) {
    if (!(numbers.back() >= 0 && numbers.back() <= 1))
      return corrupt(fmt::format("has the score {}, not 0 to 1", numbers.back()));
    score = static_cast<float>(numbers.back());
    numbers.pop_back();
  }
  if (numbers.size() == unscored) numbers.resize(5);
  return score;
}

Status check_count(size_t numbers, const LineFormat& format) {
  const bool of_poses = format.keypoint_numbers > 0;
  const bool is_box = numbers == 5, is_polygon = !of_poses && numbers >= 7 && numbers % 2 == 1;
  if (is_box || is_polygon) return {};
  const std::string other = of_poses
                                ? fmt::format("with the keypoints of \"kpt_shape\" {}", 5 + format.keypoint_numbers)
                                : "a polygon 7, 9, 11 …";
  return corrupt(fmt::format("has {} numbers; \"class cx cy w h\" has 5, {}", numbers, other));
}

Result<Detection> read_object(std::string_view line, const std::vector<std::string>& classes, int width, int height,
                              const LineFormat& format) {
  PRETAG_ASSIGN(std::vector<double> numbers, read_numbers(line));
  Detection object;
  PRETAG_ASSIGN(object.score, take_score_and_keypoints(numbers, format));
  PRETAG_TRY(check_count(numbers.size(), format));
  const double number = numbers[0];
  if (!(number >= 0 && number < static_cast<double>(classes.size())) ||
      number != static_cast<double>(static_cast<size_t>(number))) {
    return corrupt(
        fmt::format("has the class {}, but there are {} class names, numbered from 0", number, classes.size()));
  }
  const auto coordinates = std::span(numbers).subspan(1);
  for (const double value : coordinates) {
    if (!(value >= -kTolerance && value <= 1 + kTolerance)) {
      return corrupt(fmt::format("holds {}; coordinates are relative to the image, 0 to 1", value));
    }
  }
  const Box relative = relative_box(coordinates);
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  object.box_in_image = {relative.x1 * w, relative.y1 * h, relative.x2 * w, relative.y2 * h};
  object.label = classes[static_cast<size_t>(number)];
  return object;
}

Result<std::vector<Detection>> read_lines(std::string_view text, const std::vector<std::string>& classes, int width,
                                          int height, const LineFormat& format) {
  std::vector<Detection> objects;
  text = without_byte_order_mark(text);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    auto object = read_object(line, classes, width, height, format);
    if (!object) return object.error().in(fmt::format("line {}", number));
    objects.push_back(*std::move(object));
  }
  return objects;
}

}  // namespace

Result<std::vector<std::string>> read_yolo_class_names(std::string_view text, std::string_view filename) {
  std::vector<std::string> names;
  if (filename.ends_with(".yaml") || filename.ends_with(".yml")) {
    PRETAG_ASSIGN(names, read_yaml(text, names_in));
  } else {
    for (const std::string& line : split(trim(without_byte_order_mark(text)), '\n')) names.emplace_back(trim(line));
  }
  PRETAG_TRY(check_names(names));
  return names;
}

Result<size_t> read_yolo_keypoint_numbers(std::string_view data_yaml) {
  return read_yaml(data_yaml, keypoint_numbers_in);
}

Result<std::vector<GroundTruth>> read_yolo_objects(std::string_view text, const std::vector<std::string>& classes,
                                                   int width, int height, size_t keypoint_numbers) {
  PRETAG_ASSIGN(const std::vector<Detection> lines,
                read_lines(text, classes, width, height, {.scored = false, .keypoint_numbers = keypoint_numbers}));
  std::vector<GroundTruth> objects;
  for (const Detection& line : lines)
    objects.push_back({line.box_in_image, line.label, line.box_in_image.area(), false});
  return objects;
}

Result<std::vector<Detection>> read_yolo_detections(std::string_view text, const std::vector<std::string>& classes,
                                                    int width, int height, size_t keypoint_numbers) {
  return read_lines(text, classes, width, height, {.scored = true, .keypoint_numbers = keypoint_numbers});
}

}  // namespace pretag
