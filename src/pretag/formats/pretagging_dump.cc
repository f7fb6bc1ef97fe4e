#include "pretag/formats/pretagging_dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pretag/formats/json_records.h"
#include "pretag/formats/json_text.h"

namespace pretag {
namespace {

// A hundredth of a pixel in an image 10,000 pixels wide.
constexpr int kBoxDecimals = 6;
// How far a box may be outside the image before it is taken for another format's coordinates.
constexpr double kTolerance = 0.01;

Error invalid(const std::string& filename, const char* what) {
  return {ErrorCode::kInvalidArgument, filename + ": " + what};
}

std::string relative(float pixels, int size) {
  return json_fixed(std::clamp(static_cast<double>(pixels) / size, 0.0, 1.0), kBoxDecimals);
}

bool is_finite(const Detection& detection) {
  const Box& box = detection.box_in_image;
  return std::isfinite(box.x1 + box.y1 + box.x2 + box.y2 + detection.score);
}

Result<Detection> read_detection(const nlohmann::json& box, const nlohmann::json& label, const nlohmann::json& score,
                                 size_t number) {
  PRETAG_ASSIGN(auto corners, json_four_numbers(box, fmt::format("\"boxes\"[{}]", number)));
  for (double& corner : corners) {
    if (corner < -kTolerance || corner > 1 + kTolerance) {
      return Error{
          ErrorCode::kCorrupt,
          fmt::format("\"boxes\"[{}] holds {}; coordinates are relative to the image, 0 to 1", number, corner)};
    }
    corner = std::clamp(corner, 0.0, 1.0);
  }
  const auto [x1, y1, x2, y2] = corners;
  if (x1 > x2 || y1 > y2) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("\"boxes\"[{}] must be x1, y1, x2, y2 with x1 <= x2, y1 <= y2", number)};
  }
  if (!label.is_string()) return Error{ErrorCode::kCorrupt, fmt::format("\"labels\"[{}] must be a string", number)};
  if (!score.is_number()) return Error{ErrorCode::kCorrupt, fmt::format("\"scores\"[{}] must be a number", number)};
  const double value = score.get<double>();
  if (value < 0 || value > 1) return Error{ErrorCode::kCorrupt, fmt::format("\"scores\"[{}] must be 0 to 1", number)};
  const Box relative_box{static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2),
                         static_cast<float>(y2)};
  return Detection{relative_box, label.get<std::string>(), static_cast<float>(value), {}};
}

Result<PretaggingDumpEntry> read_entry(const nlohmann::json& record) {
  PretaggingDumpEntry entry;
  PRETAG_ASSIGN(entry.filename, json_string(record, "filename"));
  PRETAG_ASSIGN(const auto* boxes, json_list(record, "boxes"));
  PRETAG_ASSIGN(const auto* labels, json_list(record, "labels"));
  PRETAG_ASSIGN(const auto* scores, json_list(record, "scores"));
  if (boxes->size() != labels->size() || boxes->size() != scores->size()) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{} \"boxes\", {} \"labels\" and {} \"scores\"; there must be as many of each",
                             boxes->size(), labels->size(), scores->size())};
  }
  for (size_t i = 0; i < boxes->size(); ++i) {
    PRETAG_ASSIGN(entry.relative_detections.emplace_back(), read_detection((*boxes)[i], (*labels)[i], (*scores)[i], i));
  }
  return entry;
}

}  // namespace

PretaggingDumpWriter::PretaggingDumpWriter(FileSystem::Sink sink, float score_threshold)
    : sink_(std::move(sink)), score_threshold_(score_threshold) {}

Status PretaggingDumpWriter::begin() { return sink_("["); }

Status PretaggingDumpWriter::end() { return sink_("\n]\n"); }

Status PretaggingDumpWriter::add(const Prediction& prediction) {
  auto filename = json_text(prediction.filename);
  if (!filename) return filename.error();
  std::string boxes, labels, scores;
  for (const Detection& detection : prediction.detections) {
    if (detection.score < score_threshold_) continue;
    if (prediction.width <= 0 || prediction.height <= 0) return invalid(prediction.filename, "the image has no size");
    if (!is_finite(detection)) return invalid(prediction.filename, "a detection is not finite");
    PRETAG_ASSIGN(const std::string label, json_text(detection.label));
    const char* separator = boxes.empty() ? "" : ", ";
    const Box& box = detection.box_in_image;
    boxes += fmt::format("{}[{}, {}, {}, {}]", separator, relative(box.x1, prediction.width),
                         relative(box.y1, prediction.height), relative(box.x2, prediction.width),
                         relative(box.y2, prediction.height));
    labels += separator + label;
    scores += separator + json_float(detection.score);
  }
  const char* separator = std::exchange(first_, false) ? "\n" : ",\n";
  return sink_(fmt::format("{}{{\"filename\": {}, \"boxes\": [{}], \"labels\": [{}], \"scores\": [{}]}}", separator,
                           *filename, boxes, labels, scores));
}

Prediction to_pixels(const PretaggingDumpEntry& entry, int width, int height) {
  Prediction prediction{entry.filename, width, height, entry.relative_detections};
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  for (Detection& detection : prediction.detections) {
    const Box& box = detection.box_in_image;
    detection.box_in_image = {box.x1 * w, box.y1 * h, box.x2 * w, box.y2 * h};
  }
  std::ranges::stable_sort(prediction.detections, std::ranges::greater(), &Detection::score);
  return prediction;
}

Status read_pretagging_dump(std::string_view json, const std::function<Status(const PretaggingDumpEntry&)>& visit) {
  return for_each_json_record(json, {{""}, {}}, [&](std::string_view, size_t index, const auto& record) -> Status {
    auto entry = read_entry(record);
    if (!entry) {
      const auto name = json_string(record, "filename");
      return entry.error().in(name.ok() ? fmt::format("entry {} ({})", index, *name) : fmt::format("entry {}", index));
    }
    return visit(*entry);
  });
}

}  // namespace pretag
