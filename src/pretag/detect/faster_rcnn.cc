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

}  // namespace

FasterRcnn::FasterRcnn(ResNet50 backbone, FeaturePyramid pyramid, RegionProposalNetwork rpn, RoiHeads heads,
                       NetFormats formats, const ModelMetadata& metadata)
    : backbone_(std::move(backbone)),
      pyramid_(std::move(pyramid)),
      rpn_(std::move(rpn)),
      heads_(std::move(heads)),
      formats_(formats),
      min_size_(metadata.min_size),
      max_size_(metadata.max_size) {
  for (const std::string& name : metadata.classes) {
    wanted_.push_back(std::ranges::find(metadata.output_classes, name) != metadata.output_classes.end());
  }
}

Result<FasterRcnn> FasterRcnn::create(const LayerFactory& layers, const ModelMetadata& metadata) {
  PRETAG_ASSIGN(auto backbone, ResNet50::create(layers));
  PRETAG_ASSIGN(auto pyramid, FeaturePyramid::create(layers, backbone.output_formats()));
  PRETAG_ASSIGN(auto rpn, RegionProposalNetwork::create(layers, pyramid.output_format(), metadata));
  PRETAG_ASSIGN(auto heads, RoiHeads::create(layers, pyramid.output_format(), metadata));
  return FasterRcnn(std::move(backbone), std::move(pyramid), std::move(rpn), std::move(heads), layers.formats(),
                    metadata);
}

NetSize FasterRcnn::size_in_net(const Image& image) const {
  return net_size(image.height, image.width, min_size_, max_size_);
}

template <NetworkContext Context>
FasterRcnn::Output FasterRcnn::forward(Context& context, const Image& image, std::span<const Box> regions_in_net,
                                       const StageObserver* observer) const {
  using Map = typename Context::Map;
  const NetSize size = size_in_net(image);
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
  std::vector<RoiDetection> detections = heads_.forward(context, pyramid, proposals, size, wanted_, observer);
  context.lap(kPostprocessStage);
  return {std::move(detections), std::move(embedding), heads_.embeddings(context, pyramid, regions_in_net)};
}

template FasterRcnn::Output FasterRcnn::forward(ComputeContext& context, const Image& image,
                                                std::span<const Box> regions_in_net,
                                                const StageObserver* observer) const;
template FasterRcnn::Output FasterRcnn::forward(GpuContext& context, const Image& image,
                                                std::span<const Box> regions_in_net,
                                                const StageObserver* observer) const;

}  // namespace pretag
