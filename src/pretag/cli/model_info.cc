#include "pretag/cli/model_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "pretag/nn/activation_ranges.h"
#include "pretag/nn/class_names.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kLabelWidth = 16, kTextWidth = 76;

// Breaks at spaces; continuation lines are indented to the value's column.
std::string row(const std::string& label, const std::string& value) {
  std::string text = fmt::format("  {:<{}}", label, kLabelWidth);
  size_t column = 0;
  for (const std::string& word : split(value, ' ')) {
    if (column > 0 && column + 1 + word.size() > kTextWidth) {
      text += fmt::format("\n{:{}}", "", kLabelWidth + 2);
      column = 0;
    }
    if (column > 0) text += ' ', ++column;
    text += word;
    column += word.size();
  }
  return text + '\n';
}

std::string class_row(const ModelMetadata& metadata) {
  const std::vector<std::string> used = [&] {
    std::vector<std::string> names;
    for (const std::string& name : metadata.classes) {
      if (name != kBackgroundClass && name != kUnusedClass) names.push_back(one_line(name));
    }
    return names;
  }();
  return fmt::format("{}: {}", used.size(), fmt::join(used, ", "));
}

std::string reported_row(const ModelMetadata& metadata) {
  std::vector<std::string> names;
  for (const std::string& name : metadata.output_classes) names.push_back(one_line(name));
  return fmt::format("{}: {}", names.size(), fmt::join(names, ", "));
}

// "227 float32, 68 int8 (with scales)"
std::string type_row(const WeightFile& weights) {
  constexpr std::array<const char*, 5> kNames = {"float32", "bfloat16", "float16", "int8", "int64"};
  std::array<size_t, kNames.size()> counts{};
  for (const auto& [name, tensor] : weights.tensors()) ++counts[static_cast<size_t>(tensor.type)];
  std::vector<std::string> parts;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) parts.push_back(fmt::format("{} {}", counts[i], kNames[i]));
  }
  return fmt::format("{} tensors: {}", weights.tensors().size(), fmt::join(parts, ", "));
}

// Scales and counters are no parameters.
double million_parameters(const WeightFile& weights) {
  double count = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (tensor.type != ElementType::kInt64 && !name.ends_with(".scale")) count += static_cast<double>(tensor.count());
  }
  return count / 1e6;
}

// The input sizes whose counts are aligned, the largest first.
std::string alignment_row(const ModelMetadata& metadata) {
  std::vector<int> sizes;
  for (const auto& [size, offsets] : metadata.logit_offsets) sizes.insert(sizes.begin(), size);
  return fmt::format("aligned with labels at a short side of {} pixels", fmt::join(sizes, ", "));
}

std::string or_unknown(const std::string& text) { return text.empty() ? "not stated" : one_line(text, 500); }

std::string ranges_row(const std::string& path, const WeightFile& weights) {
  const auto ranges = stored_activation_ranges(weights, path);
  if (!ranges) return ranges.error().message;
  if (!*ranges) return "no activation ranges; 'pretag model quantize' measures them";
  return fmt::format("activation ranges of {} layers, measured on {} images", (*ranges)->layers.size(),
                     (*ranges)->images);
}

}  // namespace

std::string model_info_text(const std::string& path, uint64_t file_bytes, const WeightFile& weights,
                            const ModelMetadata& metadata) {
  std::string text = path + '\n';
  text += row("architecture", metadata.architecture);
  text += row("classes", class_row(metadata));
  text += row("reported", reported_row(metadata));
  text += row("input", fmt::format("short side {}, long side at most {} pixels", metadata.min_size, metadata.max_size));
  text += row("anchors", fmt::format("{} pixels; height / width {}", fmt::join(metadata.anchor_sizes, ", "),
                                     fmt::join(metadata.aspect_ratios, ", ")));
  text += row("score threshold", fmt::format("{} recommended for counting", metadata.score_threshold));
  if (!metadata.logit_offsets.empty()) text += row("counts", alignment_row(metadata));
  text += row("detections", fmt::format("score over {}, NMS {}, at most {} an image", metadata.box_score_threshold,
                                        metadata.box_nms_threshold, metadata.box_detections_per_image));
  text += row("proposals", fmt::format("{} a level, NMS {}, then {}", metadata.rpn_pre_nms_top_n,
                                       metadata.rpn_nms_threshold, metadata.rpn_post_nms_top_n));
  text += row("batch norm", fmt::format("epsilon {}", metadata.batch_norm_eps));
  text += row("weights", type_row(weights));
  text += row("int8", ranges_row(path, weights));
  text += row("parameters", fmt::format("{:.1f} million", million_parameters(weights)));
  text += row("size", human_bytes(static_cast<double>(file_bytes)));
  text += row("training data", or_unknown(metadata.training_data));
  text += row("licence", or_unknown(metadata.license));
  if (!metadata.note.empty()) text += row("note", one_line(metadata.note, 500));
  return text;
}

}  // namespace pretag
