#include "pretag/detect/faster_rcnn.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/detect/embedding.h"
#include "pretag/nn/feature_ops.h"

namespace pretag {
namespace {

void observe_map(const StageObserver& observer, const std::string& stage, const Tensor& map) {
  const int64_t shape[] = {1, map.channels(), map.height(), map.width()};
  observer(stage, shape, to_nchw(map));
}

void observe_proposals(const StageObserver* observer, const std::vector<Box>& proposals) {
  if (observer == nullptr) return;
  std::vector<float> values;
  for (const Box& box : proposals) values.insert(values.end(), {box.x1, box.y1, box.x2, box.y2});
  const int64_t shape[] = {static_cast<int64_t>(proposals.size()), 4};
  (*observer)("proposals", shape, values);
}

// Those of the input size, by class index.
std::vector<float> logit_offsets(const ModelMetadata& metadata, int min_size) {
  std::vector<float> offsets(metadata.classes.size(), 0.0f);
  const auto of_size = metadata.logit_offsets.find(min_size);
  if (of_size == metadata.logit_offsets.end()) return offsets;
  for (size_t c = 0; c < offsets.size(); ++c) {
    const auto found = of_size->second.find(metadata.classes[c]);
    if (found != of_size->second.end()) offsets[c] = found->second;
  }
  return offsets;
}

}  // namespace

FasterRcnn::FasterRcnn(ResNet50 backbone, FeaturePyramid pyramid, RegionProposalNetwork rpn, RoiHeads heads,
                       NetFormats formats, const ModelMetadata& metadata, const std::vector<InputSides>& sizes)
    : backbone_(std::move(backbone)),
      pyramid_(std::move(pyramid)),
      rpn_(std::move(rpn)),
      heads_(std::move(heads)),
      formats_(formats) {
  for (const InputSides& sides : sizes) views_.push_back({sides, logit_offsets(metadata, sides.min_size)});
  for (const std::string& name : metadata.classes) {
    wanted_.push_back(std::ranges::find(metadata.output_classes, name) != metadata.output_classes.end());
  }
}

Result<FasterRcnn> FasterRcnn::create(const LayerFactory& layers, const ModelMetadata& metadata,
                                      const std::vector<InputSides>& sizes) {
  PRETAG_ASSIGN(auto backbone, ResNet50::create(layers));
  PRETAG_ASSIGN(auto pyramid, FeaturePyramid::create(layers, backbone.output_formats()));
  PRETAG_ASSIGN(auto rpn, RegionProposalNetwork::create(layers, pyramid.output_format(), metadata));
  PRETAG_ASSIGN(auto heads, RoiHeads::create(layers, pyramid.output_format(), metadata));
  return FasterRcnn(std::move(backbone), std::move(pyramid), std::move(rpn), std::move(heads), layers.formats(),
                    metadata, sizes);
}

NetSize FasterRcnn::size_in_net(const Image& image, size_t view) const {
  const InputSides& sides = views_[view].sides;
  return net_size(image.height, image.width, sides.min_size, sides.max_size);
}

template <NetworkContext Context>
FasterRcnn::Output FasterRcnn::forward(Context& context, const Image& image, size_t view,
                                       std::span<const Box> regions_in_net, const StageObserver* observer) const {
  using Map = typename Context::Map;
  const NetSize size = size_in_net(image, view);
  Map input = context.to_device(transform(context.arena(), formats_.input, image, size));
  context.lap(kTransformStage);
  const NetSize padded{input.height(), input.width()};
  const auto observe = [&](const std::string& stage, const Map& map) {
    if (observer != nullptr) observe_map(*observer, stage, context.to_host(map));
  };
  observe("transform", input);

  std::array<Map, 4> features = backbone_.forward(context, std::move(input));
  for (size_t i = 0; i < features.size(); ++i) observe(fmt::format("C{}", i + 2), features[i]);
  Embedding embedding = image_embedding(context.to_host(features[3]), size);
  context.lap(kBackboneStage);

  const Pyramid<Map> pyramid = pyramid_.forward(context, std::move(features));
  context.lap(kPyramidStage);
  for (size_t i = 0; i < pyramid.size(); ++i) observe(fmt::format("P{}", i + 2), pyramid[i]);

  const std::vector<Box> proposals = rpn_.forward(context, pyramid, padded, size, observer);
  observe_proposals(observer, proposals);
  std::vector<RoiDetection> detections =
      heads_.forward(context, pyramid, proposals, size, wanted_, views_[view].logit_offsets, observer);
  context.lap(kPostprocessStage);
  return {std::move(detections), std::move(embedding), heads_.embeddings(context, pyramid, regions_in_net)};
}

template FasterRcnn::Output FasterRcnn::forward(ComputeContext& context, const Image& image, size_t view,
                                                std::span<const Box> regions_in_net,
                                                const StageObserver* observer) const;
template FasterRcnn::Output FasterRcnn::forward(GpuContext& context, const Image& image, size_t view,
                                                std::span<const Box> regions_in_net,
                                                const StageObserver* observer) const;

}  // namespace pretag
