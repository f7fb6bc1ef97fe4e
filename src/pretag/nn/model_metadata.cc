#include "pretag/nn/model_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "pretag/nn/class_names.h"
#include "pretag/nn/metadata_values.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {

namespace {

constexpr const char* kArchitecture = "fasterrcnn_resnet50_fpn";
constexpr size_t kPyramidLevels = 5;  // P2 to P5 and the pooled one
constexpr size_t kMaxClasses = 10'000;

// Messages quote names from the file, which may hold anything.
Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, one_line(message, 300)}; }

// The first dimension of a matrix that the architecture must have.
Result<size_t> outputs_of(const WeightFile& weights, const std::string& name) {
  const auto found = weights.tensors().find(name);
  if (found == weights.tensors().end()) {
    const bool is_v2 = weights.tensors().contains("rpn.head.conv.1.0.weight");
    return Error{
        is_v2 ? ErrorCode::kUnsupported : ErrorCode::kNotFound,
        is_v2 ? "is a fasterrcnn_resnet50_fpn_v2; only fasterrcnn_resnet50_fpn (v1) is supported so far"
              : fmt::format("has no '{}', so it is not a Faster R-CNN of torchvision's {}", name, kArchitecture)};
  }
  const std::vector<int64_t>& shape = found->second.shape;
  if (shape.empty() || shape[0] < 1) return corrupt(fmt::format("tensor '{}' has no outputs", name));
  return static_cast<size_t>(shape[0]);
}

Status read_numbers(const MetadataValues& values, ModelMetadata& metadata) {
  PRETAG_TRY(values.integer("min_size", 32, 16384, metadata.min_size));
  PRETAG_TRY(values.integer("max_size", 32, 16384, metadata.max_size));
  PRETAG_TRY(values.reals("anchor_sizes", 1, 16384, metadata.anchor_sizes));
  PRETAG_TRY(values.reals("aspect_ratios", 0.01, 100, metadata.aspect_ratios));
  PRETAG_TRY(values.real("batch_norm_eps", 0, 0.1, metadata.batch_norm_eps));
  PRETAG_TRY(values.real("score_threshold", 0, 1, metadata.score_threshold));
  PRETAG_TRY(values.real("box_score_threshold", 0, 1, metadata.box_score_threshold));
  PRETAG_TRY(values.real("box_nms_threshold", 0, 1, metadata.box_nms_threshold));
  PRETAG_TRY(values.integer("box_detections_per_image", 1, 10'000, metadata.box_detections_per_image));
  PRETAG_TRY(values.real("rpn_nms_threshold", 0, 1, metadata.rpn_nms_threshold));
  PRETAG_TRY(values.integer("rpn_pre_nms_top_n", 1, 100'000, metadata.rpn_pre_nms_top_n));
  PRETAG_TRY(values.integer("rpn_post_nms_top_n", 1, 100'000, metadata.rpn_post_nms_top_n));
  return {};
}

Status check_geometry(const WeightFile& weights, const ModelMetadata& metadata) {
  if (metadata.max_size < metadata.min_size) {
    return corrupt(
        fmt::format("metadata 'max_size' is {}, less than 'min_size' {}", metadata.max_size, metadata.min_size));
  }
  if (metadata.anchor_sizes.size() != kPyramidLevels) {
    return corrupt(fmt::format("metadata 'anchor_sizes' has {} sizes; the architecture has {} pyramid levels",
                               metadata.anchor_sizes.size(), kPyramidLevels));
  }
  PRETAG_ASSIGN(const size_t anchors, outputs_of(weights, "rpn.head.cls_logits.weight"));
  if (metadata.aspect_ratios.size() != anchors) {
    return corrupt(fmt::format("metadata 'aspect_ratios' has {} ratios; the weights have {} anchors a position",
                               metadata.aspect_ratios.size(), anchors));
  }
  return {};
}

// Names are unique, but for unused outputs.
Status check_classes(const std::vector<std::string>& classes, size_t outputs) {
  if (classes.size() != outputs) {
    return corrupt(fmt::format("metadata 'classes' has {} names, background included; the box head has {} outputs",
                               classes.size(), outputs));
  }
  if (classes.front() != kBackgroundClass) {
    return corrupt(
        fmt::format("metadata 'classes' begins with '{}', not with '{}'", classes.front(), kBackgroundClass));
  }
  std::set<std::string> seen;
  for (const std::string& name : classes) {
    if (name != kUnusedClass && !seen.insert(name).second) {
      return corrupt(fmt::format("metadata 'classes' has '{}' twice", name));
    }
  }
  return {};
}

Status check_output_classes(const ModelMetadata& metadata) {
  if (metadata.output_classes.empty()) return corrupt("metadata 'classes' names no class to report");
  std::set<std::string> seen;
  for (const std::string& name : metadata.output_classes) {
    const bool known =
        name != kBackgroundClass && name != kUnusedClass && std::ranges::count(metadata.classes, name) > 0;
    if (!known)
      return corrupt(fmt::format("metadata 'output_classes' has '{}', which is not one of the classes", name));
    if (!seen.insert(name).second) return corrupt(fmt::format("metadata 'output_classes' has '{}' twice", name));
  }
  return {};
}

Status read_classes(const WeightFile& weights, const MetadataValues& values, ModelMetadata& metadata) {
  PRETAG_ASSIGN(const size_t outputs, outputs_of(weights, "roi_heads.box_predictor.cls_score.weight"));
  if (outputs < 2 || outputs > kMaxClasses) return corrupt(fmt::format("the box head has {} outputs", outputs));
  metadata.classes = default_classes(outputs);
  PRETAG_TRY(values.texts("classes", metadata.classes));
  PRETAG_TRY(check_classes(metadata.classes, outputs));
  metadata.output_classes = default_output_classes(metadata.classes);
  PRETAG_TRY(values.texts("output_classes", metadata.output_classes));
  return check_output_classes(metadata);
}

Status read_logit_offsets(const MetadataValues& values, ModelMetadata& metadata) {
  std::map<std::string, std::map<std::string, float>> by_text;
  PRETAG_TRY(values.nested_reals(kLogitOffsetsKey, -10, 10, by_text));
  for (const auto& [text, offsets] : by_text) {
    const auto size = read_number<int>(text);
    if (!size || *size < 32 || *size > 16384) {
      return corrupt(
          fmt::format("metadata '{}' has '{}'; expected a short side from 32 to 16384", kLogitOffsetsKey, text));
    }
    for (const auto& [name, offset] : offsets) {
      if (std::ranges::count(metadata.classes, name) == 0) {
        return corrupt(fmt::format("metadata '{}' has '{}', which is not one of the classes", kLogitOffsetsKey, name));
      }
    }
    metadata.logit_offsets[*size] = offsets;
  }
  return {};
}

}  // namespace

Result<ModelMetadata> read_model_metadata(const WeightFile& weights) {
  const MetadataValues values(weights.metadata());
  ModelMetadata metadata;
  values.text("architecture", metadata.architecture);
  if (metadata.architecture != kArchitecture) {
    return Error{ErrorCode::kUnsupported, fmt::format("metadata 'architecture' is '{}'; only {} is supported so far",
                                                      one_line(metadata.architecture), kArchitecture)};
  }
  PRETAG_TRY(read_classes(weights, values, metadata));
  PRETAG_TRY(read_numbers(values, metadata));
  PRETAG_TRY(read_logit_offsets(values, metadata));
  PRETAG_TRY(check_geometry(weights, metadata));
  values.text("training_data", metadata.training_data);
  values.text("license", metadata.license);
  values.text("note", metadata.note);
  return metadata;
}

std::map<std::string, std::string> model_metadata_strings(const ModelMetadata& metadata) {
  const auto number = [](auto value) { return fmt::format("{}", value); };
  // Floats go through their shortest text, so that 0.1f is "0.1" and not 0.10000000149.
  const auto reals = [](const std::vector<float>& values) { return fmt::format("[{}]", fmt::join(values, ", ")); };
  const auto names = [](const std::vector<std::string>& values) { return nlohmann::json(values).dump(); };
  std::map<std::string, std::string> strings = {{"architecture", metadata.architecture},
                                                {"classes", names(metadata.classes)},
                                                {"output_classes", names(metadata.output_classes)},
                                                {"min_size", number(metadata.min_size)},
                                                {"max_size", number(metadata.max_size)},
                                                {"anchor_sizes", reals(metadata.anchor_sizes)},
                                                {"aspect_ratios", reals(metadata.aspect_ratios)},
                                                {"batch_norm_eps", number(metadata.batch_norm_eps)},
                                                {"score_threshold", number(metadata.score_threshold)},
                                                {"box_score_threshold", number(metadata.box_score_threshold)},
                                                {"box_nms_threshold", number(metadata.box_nms_threshold)},
                                                {"box_detections_per_image", number(metadata.box_detections_per_image)},
                                                {"rpn_nms_threshold", number(metadata.rpn_nms_threshold)},
                                                {"rpn_pre_nms_top_n", number(metadata.rpn_pre_nms_top_n)},
                                                {"rpn_post_nms_top_n", number(metadata.rpn_post_nms_top_n)},
                                                {"training_data", metadata.training_data},
                                                {"license", metadata.license},
                                                {"note", metadata.note}};
  if (!metadata.logit_offsets.empty()) {
    nlohmann::json offsets;
    for (const auto& [size, by_class] : metadata.logit_offsets) {
      nlohmann::json& of_size = offsets[number(size)] = nlohmann::json::object();
      for (const auto& [name, offset] : by_class) of_size[name] = nlohmann::json::parse(number(offset));
    }
    strings[kLogitOffsetsKey] = offsets.dump();
  }
  std::erase_if(strings, [](const auto& entry) { return entry.second.empty(); });
  return strings;
}

}  // namespace pretag
