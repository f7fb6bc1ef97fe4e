#include "pretag/detect/roi_heads.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "pretag/detect/box_coder.h"
#include "pretag/detect/embedding.h"
#include "pretag/nn/feature_ops.h"
#include "pretag/nn/nms.h"
#include "pretag/nn/roi_align.h"

namespace pretag {
namespace {

constexpr int kRepresentation = 1024;
constexpr float kSmallestSide = 1e-2f;  // of a detection, network pixels
constexpr int kRoiLevels = 4;           // P2 … P5
constexpr int kWidthStep = 64;          // of RoIs computed at once: few widths, so that few primitives are compiled
constexpr BoxCoder kCoder{.weights = {10, 10, 5, 5}};

// Feature Pyramid Networks (Lin et al., 2017), equation 1, with torchvision's epsilon: P2 … P5 as 0 … 3.
int pyramid_level(const Box& box) {
  constexpr float kCanonicalSize = 224, kCanonicalLevel = 4, kEpsilon = 1e-6f;
  const float level = std::floor(kCanonicalLevel + std::log2(std::sqrt(box.area()) / kCanonicalSize) + kEpsilon);
  return static_cast<int>(std::clamp(level, 2.0f, 5.0f)) - 2;
}

float prediction_at(const Tensor& prediction, int channel, size_t roi) {
  const int block = prediction.block();
  return prediction.block_plane<float>(channel / block)[roi * block + channel % block];
}

// Of the logits with their offsets, of which there is one a class.
std::vector<float> softmax(const Tensor& prediction, size_t roi, const std::vector<float>& offsets) {
  std::vector<float> values = offsets;
  for (size_t c = 0; c < values.size(); ++c) values[c] += prediction_at(prediction, static_cast<int>(c), roi);
  const float largest = *std::ranges::max_element(values);
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - largest);
  for (float& value : values) value /= sum;
  return values;
}

void observe_rois(const StageObserver& observer, const Tensor& features, int64_t count) {
  std::vector<float> values;
  const std::vector<float> columns = to_nchw(features);  // channel-major, one column a RoI
  for (int64_t roi = 0; roi < count; ++roi) {
    for (int c = 0; c < kPyramidChannels; ++c) {
      for (int y = 0; y < kRoiSize; ++y) {
        for (int x = 0; x < kRoiSize; ++x) {
          values.push_back(
              columns[static_cast<size_t>(roi_channel(kPyramidChannels, c, y, x)) * features.width() + roi]);
        }
      }
    }
  }
  const int64_t shape[] = {count, kPyramidChannels, kRoiSize, kRoiSize};
  observer("roi_features", shape, values);
}

void observe_prediction(const StageObserver& observer, const Tensor& prediction, int64_t count, int classes) {
  std::vector<float> logits, deltas;
  for (int64_t roi = 0; roi < count; ++roi) {
    for (int c = 0; c < classes * 5; ++c) (c < classes ? logits : deltas).push_back(prediction_at(prediction, c, roi));
  }
  const int64_t logits_shape[] = {count, classes}, deltas_shape[] = {count, classes * 4};
  observer("box_logits", logits_shape, logits);
  observer("box_deltas", deltas_shape, deltas);
}

void add_embeddings(const Tensor& representations, std::vector<RoiDetection>& detections) {
  std::vector<int> rois;
  rois.reserve(detections.size());
  for (const RoiDetection& d : detections) rois.push_back(d.roi);
  std::vector<Embedding> embeddings = object_embeddings(representations, rois);
  for (size_t i = 0; i < detections.size(); ++i) detections[i].embedding = std::move(embeddings[i]);
}

}  // namespace

RoiHeads::RoiHeads(Convolution fc6, Convolution fc7, Convolution predictor, const ModelMetadata& metadata)
    : fc6_(std::move(fc6)),
      fc7_(std::move(fc7)),
      predictor_(std::move(predictor)),
      classes_(static_cast<int>(metadata.classes.size())),
      detections_per_image_(metadata.box_detections_per_image),
      score_threshold_(metadata.box_score_threshold),
      nms_threshold_(metadata.box_nms_threshold) {}

Result<RoiHeads> RoiHeads::create(const LayerFactory& layers, ComputeFormat pyramid, const ModelMetadata& metadata) {
  const std::string name6 = "roi_heads.box_head.fc6", name7 = "roi_heads.box_head.fc7";
  PRETAG_ASSIGN(const ComputeFormat hidden, layers.rectified(name6));
  // Never integers: classes, boxes and embeddings come from it, and what follows is small.
  const ComputeFormat representation = layers.formats().features;
  const int classes = static_cast<int>(metadata.classes.size());
  const ConvolutionSpec fc6{.in_channels = kPyramidChannels * kRoiSize * kRoiSize,
                            .out_channels = kRepresentation,
                            .relu = true,
                            .in = pyramid,
                            .out = hidden};
  const ConvolutionSpec fc7{.in_channels = kRepresentation,
                            .out_channels = kRepresentation,
                            .relu = true,
                            .in = hidden,
                            .out = representation};
  const ConvolutionSpec predictor{.in_channels = kRepresentation,
                                  .out_channels = classes * 5,
                                  .in = representation,
                                  .out = layers.formats().numbers};
  PRETAG_ASSIGN(auto first, layers.after_roi_align(name6, kPyramidChannels, fc6));
  PRETAG_ASSIGN(auto second, layers.linear(name7, fc7));
  PRETAG_ASSIGN(auto third, layers.joined({{"roi_heads.box_predictor.cls_score", classes},
                                           {"roi_heads.box_predictor.bbox_pred", classes * 4}},
                                          predictor));
  return RoiHeads(std::move(first), std::move(second), std::move(third), metadata);
}

std::vector<RoiDetection> RoiHeads::class_detections(const std::vector<std::vector<float>>& probabilities,
                                                     const Tensor& prediction, const std::vector<Box>& proposals,
                                                     NetSize size, int class_index) const {
  std::vector<RoiDetection> found;
  for (size_t roi = 0; roi < proposals.size(); ++roi) {
    const float score = probabilities[roi][class_index];
    if (!(score > score_threshold_)) continue;
    float deltas[4];
    for (int k = 0; k < 4; ++k) deltas[k] = prediction_at(prediction, classes_ + class_index * 4 + k, roi);
    const Box box =
        clip(kCoder.decode(proposals[roi], deltas), static_cast<float>(size.height), static_cast<float>(size.width));
    if (!(box.width() >= kSmallestSide && box.height() >= kSmallestSide)) continue;
    found.push_back({box, class_index, score, probabilities[roi], static_cast<int>(roi)});
  }
  std::ranges::stable_sort(found, std::greater<>(), &RoiDetection::score);
  SortedBoxes boxes;
  for (const RoiDetection& d : found)
    boxes.push_back(d.box_in_net.x1, d.box_in_net.y1, d.box_in_net.x2, d.box_in_net.y2);
  std::vector<RoiDetection> kept;
  for (const int index : nms(boxes, nms_threshold_)) kept.push_back(std::move(found[index]));
  return kept;
}

template <NetworkContext Context>
typename Context::Map RoiHeads::representations(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                                std::span<const Box> boxes, int width,
                                                const StageObserver* observer) const {
  using Map = typename Context::Map;
  std::vector<Roi> rois;
  rois.reserve(boxes.size());
  for (const Box& box : boxes) rois.push_back({box.x1, box.y1, box.x2, box.y2, pyramid_level(box)});
  std::array<const Map*, kRoiLevels> levels{};
  std::array<float, kRoiLevels> scales{};
  for (int level = 0; level < kRoiLevels; ++level) {
    levels[level] = &pyramid[level];
    scales[level] = 1.0f / static_cast<float>(4 << level);
  }
  const Map features = context.roi_align(levels, scales, rois, width);
  context.lap(kRoiAlignStage);
  if (observer != nullptr) observe_rois(*observer, context.to_host(features), static_cast<int64_t>(rois.size()));
  return context.convolve(fc7_, context.convolve(fc6_, features));
}

template <NetworkContext Context>
std::vector<RoiDetection> RoiHeads::forward(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                            const std::vector<Box>& proposals, NetSize size,
                                            const std::vector<bool>& wanted, const std::vector<float>& logit_offsets,
                                            const StageObserver* observer) const {
  using Map = typename Context::Map;
  if (proposals.empty()) return {};
  const int width = (static_cast<int>(proposals.size()) + kWidthStep - 1) / kWidthStep * kWidthStep;
  const Map features = representations(context, pyramid, proposals, width, observer);
  const Map predicted = context.convolve(predictor_, features);
  const Tensor& prediction = context.to_host(predicted);
  context.lap(kBoxHeadStage);
  if (observer != nullptr) observe_prediction(*observer, prediction, static_cast<int64_t>(proposals.size()), classes_);

  std::vector<std::vector<float>> probabilities;
  probabilities.reserve(proposals.size());
  for (size_t roi = 0; roi < proposals.size(); ++roi) probabilities.push_back(softmax(prediction, roi, logit_offsets));
  std::vector<RoiDetection> detections;
  for (int c = 1; c < classes_; ++c) {
    if (!wanted[c]) continue;
    for (RoiDetection& d : class_detections(probabilities, prediction, proposals, size, c)) {
      detections.push_back(std::move(d));
    }
  }
  std::ranges::stable_sort(detections, std::greater<>(), &RoiDetection::score);
  if (detections.size() > static_cast<size_t>(detections_per_image_)) detections.resize(detections_per_image_);
  add_embeddings(context.to_host(features), detections);
  return detections;
}

// Always of one width, whatever the number of boxes: the order in which a matrix product is summed may depend on its
// shape. So is the memory bounded.
template <NetworkContext Context>
std::vector<Embedding> RoiHeads::embeddings(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                            std::span<const Box> boxes) const {
  std::vector<Embedding> embeddings;
  embeddings.reserve(boxes.size());
  while (!boxes.empty()) {
    const auto some = boxes.first(std::min<size_t>(boxes.size(), kWidthStep));
    const auto features = representations(context, pyramid, some, kWidthStep, nullptr);
    const Tensor& columns = context.to_host(features);
    context.lap(kBoxHeadStage);
    std::vector<int> rois(some.size());
    std::iota(rois.begin(), rois.end(), 0);
    std::ranges::move(object_embeddings(columns, rois), std::back_inserter(embeddings));
    context.lap(kPostprocessStage);
    boxes = boxes.subspan(some.size());
  }
  return embeddings;
}

template std::vector<RoiDetection> RoiHeads::forward(ComputeContext& context, const Pyramid<Tensor>& pyramid,
                                                     const std::vector<Box>& proposals, NetSize size,
                                                     const std::vector<bool>& wanted,
                                                     const std::vector<float>& logit_offsets,
                                                     const StageObserver* observer) const;
template std::vector<RoiDetection> RoiHeads::forward(GpuContext& context, const Pyramid<GpuMap>& pyramid,
                                                     const std::vector<Box>& proposals, NetSize size,
                                                     const std::vector<bool>& wanted,
                                                     const std::vector<float>& logit_offsets,
                                                     const StageObserver* observer) const;
template std::vector<Embedding> RoiHeads::embeddings(ComputeContext& context, const Pyramid<Tensor>& pyramid,
                                                     std::span<const Box> boxes) const;
template std::vector<Embedding> RoiHeads::embeddings(GpuContext& context, const Pyramid<GpuMap>& pyramid,
                                                     std::span<const Box> boxes) const;

}  // namespace pretag
