#include "support/tiny_weights.h"

#include <span>
#include <utility>

namespace pretag {

WeightFile make_weights(const std::map<std::string, TinyTensor>& tensors, std::map<std::string, std::string> metadata) {
  auto storage = std::make_shared<const std::map<std::string, TinyTensor>>(tensors);
  std::map<std::string, WeightTensor> views;
  for (const auto& [name, tensor] : *storage) {
    views[name] = {ElementType::kFloat32, tensor.shape, std::as_bytes(std::span(tensor.values))};
  }
  return WeightFile(std::move(views), std::move(metadata), std::move(storage));
}

WeightFile make_detector_weights(int64_t classes, std::map<std::string, std::string> metadata) {
  const auto counting = [](std::vector<int64_t> shape) {
    TinyTensor tensor{std::move(shape), {}};
    int64_t count = 1;
    for (const int64_t dimension : tensor.shape) count *= dimension;
    for (int64_t i = 0; i < count; ++i) tensor.values.push_back(static_cast<float>(i % 11 - 5) / 4);
    return tensor;
  };
  return make_weights({{"backbone.body.conv1.weight", counting({4, 3, 2, 2})},
                       {"backbone.body.bn1.bias", counting({4})},
                       {"rpn.head.cls_logits.weight", counting({3, 4, 1, 1})},
                       {"roi_heads.box_head.fc6.weight", counting({6, 8})},
                       {"roi_heads.box_predictor.cls_score.weight", counting({classes, 6})},
                       {"roi_heads.box_predictor.cls_score.bias", counting({classes})}},
                      std::move(metadata));
}

}  // namespace pretag
