#include "pretag/nn/parameter_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace pretag {

namespace {

// Every Faster R-CNN has it, whatever its name begins with.
constexpr std::string_view kLandmark = "roi_heads.box_predictor.cls_score.weight";

// What wrappers put before the names: DataParallel "module.", torch.compile "_orig_mod.", Lightning "model." … The
// shortest, where a file has several networks, such as an average beside the model.
std::string wrapper_prefix(const std::map<std::string, WeightTensor>& tensors) {
  std::optional<std::string> prefix;
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(kLandmark)) continue;
    std::string before = name.substr(0, name.size() - kLandmark.size());
    if (!prefix || before.size() < prefix->size()) prefix = std::move(before);
  }
  return prefix.value_or("");
}

// "<prefix>N.weight" -> "<prefix>N.0.weight"; empty where the name is not of that form.
std::string with_inner_index(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return {};
  const std::string_view rest = name.substr(prefix.size());
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view suffix = rest.substr(digits);
  if (digits == 0 || !(suffix.starts_with(".weight") || suffix.starts_with(".bias"))) return {};
  return fmt::format("{}{}.0{}", prefix, rest.substr(0, digits), suffix);
}

std::string current_name(std::string_view name) {
  constexpr std::string_view kRpnConv = "rpn.head.conv.";
  if (name.starts_with("rpn.head.conv.weight") || name.starts_with("rpn.head.conv.bias")) {
    return fmt::format("{}0.0.{}", kRpnConv, name.substr(kRpnConv.size()));
  }
  constexpr std::array<std::string_view, 2> kFpnBlocks = {"backbone.fpn.inner_blocks.", "backbone.fpn.layer_blocks."};
  for (const std::string_view prefix : kFpnBlocks) {
    if (std::string renamed = with_inner_index(name, prefix); !renamed.empty()) return renamed;
  }
  return std::string(name);
}

}  // namespace

Result<std::shared_ptr<const WeightFile>> with_current_parameter_names(WeightFile weights) {
  auto shared = std::make_shared<const WeightFile>(std::move(weights));
  const std::string prefix = wrapper_prefix(shared->tensors());
  std::map<std::string, WeightTensor> renamed;
  for (const auto& [name, tensor] : shared->tensors()) {
    if (!name.starts_with(prefix)) continue;  // of something else: a counter, a second network
    std::string now = current_name(std::string_view(name).substr(prefix.size()));
    const auto [at, is_new] = renamed.emplace(std::move(now), tensor);
    if (!is_new) {
      return Error{ErrorCode::kCorrupt, fmt::format("parameter '{}' is there twice, once as '{}'", at->first, name)};
    }
  }
  // The old object stays alive as the storage of the new one.
  std::map<std::string, std::string> metadata = shared->metadata();
  return std::make_shared<const WeightFile>(std::move(renamed), std::move(metadata), std::move(shared));
}

}  // namespace pretag
