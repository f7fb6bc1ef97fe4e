#include "support/seeded_weights.h"

#include <fmt/ranges.h>

#include <cmath>
#include <numeric>

#include "support/counter_hash.h"

namespace pretag {

namespace {

constexpr int32_t kUnit = 1 << 23;  // the integers stand for value / kUnit, before scaling
constexpr float kBackgroundBias = 15.5f;

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

int64_t product(std::span<const int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// (23 random bits + offset) * scale: the integer is exact in float32, so there is one rounding only.
std::vector<float> draw(const std::string& name, int64_t count, int32_t offset, double scale) {
  const uint64_t key = fnv1a(name);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto integer = static_cast<int32_t>(counter_hash(key, i) >> 41) + offset;
    values[i] = static_cast<float>(integer) * static_cast<float>(scale);
  }
  return values;
}

std::vector<float> symmetric(const std::string& name, int64_t count, double deviation) {
  return draw(name, count, -kUnit / 2, deviation * std::sqrt(12.0) / kUnit);
}

std::vector<float> positive(const std::string& name, int64_t count, double middle) {
  return draw(name, count, kUnit / 2, middle / kUnit);
}

double weight_gain(const std::string& name) {
  if (contains(name, "fpn.inner_blocks")) return 1.6;
  if (contains(name, "fpn.layer_blocks")) return 1.0;
  if (contains(name, "rpn.head.cls_logits")) return 0.7;
  if (contains(name, "rpn.head.bbox_pred")) return 0.25;
  if (contains(name, "box_predictor.cls_score")) return 1.4;
  if (contains(name, "box_predictor.bbox_pred")) return 0.25;
  return 1.4142;  // He: a ReLU follows
}

// Odd input channels get minus the weights of the even one before them; seeded_weights.py says why.
std::vector<float> matrix(const std::string& name, std::span<const int64_t> shape) {
  const int64_t fan_in = product(shape.subspan(1));
  std::vector<float> values =
      symmetric(name, shape[0] * fan_in, weight_gain(name) / std::sqrt(static_cast<double>(fan_in)));
  const int64_t inner = name.ends_with("fc6.weight") ? 49 : product(shape.subspan(2));
  const int64_t channels = fan_in / inner;
  if (channels % 2 != 0) return values;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto step = static_cast<size_t>(inner);
    if (i / step % 2 == 1) values[i] = -values[i - step];
  }
  return values;
}

std::vector<float> values_of(const std::string& name, std::span<const int64_t> shape) {
  if (shape.size() > 1) return matrix(name, shape);
  if (name.ends_with(".running_var")) return positive(name, shape[0], 1.0);
  if (name.ends_with(".weight")) return positive(name, shape[0], contains(name, ".bn3.") ? 0.2 : 1.0);
  std::vector<float> values = symmetric(name, shape[0], 0.1);
  if (name.ends_with("cls_score.bias")) values[0] = kBackgroundBias;
  return values;
}

// Collects the tensors; the float vectors are the storage that they point into.
class Builder {
 public:
  void matrix_and_bias(const std::string& name, std::vector<int64_t> shape) {
    add(name + ".bias", {shape[0]});
    add(name + ".weight", std::move(shape));
  }

  void convolution_and_norm(const std::string& convolution, const std::string& norm, std::vector<int64_t> shape) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) add(norm + part, {shape[0]});
    add(convolution + ".weight", std::move(shape));
  }

  std::shared_ptr<const WeightFile> finish(std::map<std::string, std::string> metadata) {
    return std::make_shared<WeightFile>(std::move(tensors_), std::move(metadata), std::move(storage_));
  }

 private:
  void add(const std::string& name, std::vector<int64_t> shape) {
    const std::vector<float>& values = storage_->emplace_back(values_of(name, shape));
    tensors_[name] = {ElementType::kFloat32, std::move(shape), std::as_bytes(std::span(values))};
  }

  std::map<std::string, WeightTensor> tensors_;
  std::shared_ptr<std::vector<std::vector<float>>> storage_ = std::make_shared<std::vector<std::vector<float>>>();
};

void add_resnet50(Builder& builder) {
  const std::string body = "backbone.body.";
  builder.convolution_and_norm(body + "conv1", body + "bn1", {64, 3, 7, 7});
  constexpr std::array<int, 4> kBlocks = {3, 4, 6, 3};
  int64_t inputs = 64;
  for (size_t layer = 0; layer < kBlocks.size(); ++layer) {
    const int64_t width = 64 << layer;
    for (int block = 0; block < kBlocks[layer]; ++block) {
      const std::string at = fmt::format("{}layer{}.{}.", body, layer + 1, block);
      builder.convolution_and_norm(at + "conv1", at + "bn1", {width, inputs, 1, 1});
      builder.convolution_and_norm(at + "conv2", at + "bn2", {width, width, 3, 3});
      builder.convolution_and_norm(at + "conv3", at + "bn3", {4 * width, width, 1, 1});
      if (block == 0) {
        builder.convolution_and_norm(at + "downsample.0", at + "downsample.1", {4 * width, inputs, 1, 1});
      }
      inputs = 4 * width;
    }
  }
}

std::map<std::string, std::string> metadata_of(const SeededModel& model) {
  std::vector<std::string> classes = {"__background__", "bicycle", "bus",   "car",
                                      "motorcycle",     "person",  "train", "truck"};
  if (model.classes != 8) {
    classes.resize(1);
    for (int i = 1; i < model.classes; ++i) classes.push_back(fmt::format("class_{}", i));
  }
  return {{"architecture", "fasterrcnn_resnet50_fpn"},
          {"classes", fmt::format("[\"{}\"]", fmt::join(classes, "\",\""))},
          {"min_size", std::to_string(model.min_size)},
          {"max_size", std::to_string(model.max_size)},
          {"anchor_sizes", fmt::format("[{}]", fmt::join(model.anchor_sizes, ","))},
          {"aspect_ratios", "[0.5,1.0,2.0]"},
          {"batch_norm_eps", model.batch_norm_eps},
          {"training_data", "none: seeded random numbers"},
          {"license", "Apache-2.0"}};
}

}  // namespace

std::shared_ptr<const WeightFile> make_seeded_weights(const SeededModel& model) {
  Builder builder;
  add_resnet50(builder);
  for (int level = 0; level < 4; ++level) {
    builder.matrix_and_bias(fmt::format("backbone.fpn.inner_blocks.{}.0", level), {256, 256 << level, 1, 1});
    builder.matrix_and_bias(fmt::format("backbone.fpn.layer_blocks.{}.0", level), {256, 256, 3, 3});
  }
  builder.matrix_and_bias("rpn.head.conv.0.0", {256, 256, 3, 3});
  builder.matrix_and_bias("rpn.head.cls_logits", {3, 256, 1, 1});
  builder.matrix_and_bias("rpn.head.bbox_pred", {12, 256, 1, 1});
  builder.matrix_and_bias("roi_heads.box_head.fc6", {1024, 256 * 7 * 7});
  builder.matrix_and_bias("roi_heads.box_head.fc7", {1024, 1024});
  builder.matrix_and_bias("roi_heads.box_predictor.cls_score", {model.classes, 1024});
  builder.matrix_and_bias("roi_heads.box_predictor.bbox_pred", {4 * model.classes, 1024});
  return builder.finish(metadata_of(model));
}

}  // namespace pretag
