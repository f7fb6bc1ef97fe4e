#include "pretag/detect/rpn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pretag/detect/anchors.h"
#include "pretag/detect/box_coder.h"
#include "pretag/nn/feature_ops.h"
#include "pretag/nn/nms.h"

namespace pretag {
namespace {

constexpr float kSmallestSide = 1e-3f;  // of a proposal, network pixels

// Reads channels of cells from a float32 prediction.
class Cells {
 public:
  explicit Cells(const Tensor& tensor) : tensor_(tensor), block_(tensor.block()) {}
  float at(int channel, size_t cell) const {
    return tensor_.block_plane<float>(channel / block_)[cell * block_ + channel % block_];
  }

 private:
  const Tensor& tensor_;
  const int block_;
};

// The indices of the `count` largest logits, largest first; equal ones in order.
std::vector<int> top_indices(const std::vector<float>& logits, size_t count) {
  std::vector<int> indices(logits.size());
  std::iota(indices.begin(), indices.end(), 0);
  const auto larger = [&](int a, int b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  if (indices.size() > count) {
    std::nth_element(indices.begin(), indices.begin() + static_cast<ptrdiff_t>(count), indices.end(), larger);
    indices.resize(count);
  }
  std::ranges::sort(indices, larger);
  return indices;
}

void observe_level(const StageObserver& observer, size_t level, const Tensor& prediction, int anchors) {
  const std::vector<float> values = to_nchw(prediction);
  const size_t logits = static_cast<size_t>(anchors) * prediction.height() * prediction.width();
  const int64_t logits_shape[] = {1, anchors, prediction.height(), prediction.width()};
  const int64_t deltas_shape[] = {1, anchors * 4, prediction.height(), prediction.width()};
  observer(fmt::format("rpn_logits.P{}", level + 2), logits_shape, std::span(values).first(logits));
  observer(fmt::format("rpn_deltas.P{}", level + 2), deltas_shape, std::span(values).subspan(logits));
}

}  // namespace

RegionProposalNetwork::RegionProposalNetwork(Convolution shared, Convolution head, const ModelMetadata& metadata)
    : shared_(std::move(shared)),
      head_(std::move(head)),
      pre_nms_top_n_(metadata.rpn_pre_nms_top_n),
      post_nms_top_n_(metadata.rpn_post_nms_top_n),
      nms_threshold_(metadata.rpn_nms_threshold) {
  for (const float size : metadata.anchor_sizes) anchors_.push_back(base_anchors(size, metadata.aspect_ratios));
}

Result<RegionProposalNetwork> RegionProposalNetwork::create(const LayerFactory& layers, ComputeFormat pyramid,
                                                            const ModelMetadata& metadata) {
  if (metadata.anchor_sizes.size() != kPyramidLevels) {
    return Error{ErrorCode::kCorrupt, fmt::format("anchor_sizes has {} sizes where the pyramid has {} levels",
                                                  metadata.anchor_sizes.size(), kPyramidLevels)};
  }
  const std::string shared_name = "rpn.head.conv.0.0";
  PRETAG_ASSIGN(const ComputeFormat hidden, layers.rectified(shared_name));
  const int anchors = static_cast<int>(metadata.aspect_ratios.size());
  const ConvolutionSpec shared{.in_channels = kPyramidChannels,
                               .out_channels = kPyramidChannels,
                               .kernel = 3,
                               .padding = 1,
                               .relu = true,
                               .in = pyramid,
                               .out = hidden};
  const ConvolutionSpec head{
      .in_channels = kPyramidChannels, .out_channels = anchors * 5, .in = hidden, .out = layers.formats().numbers};
  PRETAG_ASSIGN(auto first, layers.convolution(shared_name, shared));
  PRETAG_ASSIGN(auto second,
                layers.joined({{"rpn.head.cls_logits", anchors}, {"rpn.head.bbox_pred", anchors * 4}}, head));
  return RegionProposalNetwork(std::move(first), std::move(second), metadata);
}

std::vector<RegionProposalNetwork::Candidate> RegionProposalNetwork::level_candidates(const Tensor& prediction,
                                                                                      const std::vector<Box>& anchors,
                                                                                      NetSize input,
                                                                                      NetSize size) const {
  const Cells cells(prediction);
  const int per_cell = static_cast<int>(anchors.size()), width = prediction.width();
  const size_t cell_count = static_cast<size_t>(prediction.height()) * width;
  std::vector<float> logits(cell_count * per_cell);
  for (size_t cell = 0; cell < cell_count; ++cell) {
    for (int a = 0; a < per_cell; ++a) logits[cell * per_cell + a] = cells.at(a, cell);
  }

  const int stride_y = anchor_stride(input.height, prediction.height());
  const int stride_x = anchor_stride(input.width, width);
  std::vector<Candidate> candidates;
  for (const int index : top_indices(logits, static_cast<size_t>(pre_nms_top_n_))) {
    const int a = index % per_cell, cell = index / per_cell;
    float deltas[4];
    for (int k = 0; k < 4; ++k) deltas[k] = cells.at(per_cell + a * 4 + k, cell);
    const Box anchor = anchor_at(anchors[a], stride_y, stride_x, cell / width, cell % width);
    const Box box =
        clip(BoxCoder{}.decode(anchor, deltas), static_cast<float>(size.height), static_cast<float>(size.width));
    if (!(box.width() >= kSmallestSide && box.height() >= kSmallestSide)) continue;
    candidates.push_back({box, 1.0f / (1.0f + std::exp(-logits[index]))});
  }
  return candidates;
}

template <NetworkContext Context>
std::vector<Box> RegionProposalNetwork::forward(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                                NetSize input, NetSize size, const StageObserver* observer) const {
  // All of them first, so that a device is waited for once.
  Pyramid<typename Context::Map> predictions;
  for (size_t level = 0; level < pyramid.size(); ++level) {
    predictions[level] = context.convolve(head_, context.convolve(shared_, pyramid[level]));
  }
  context.lap(kRpnStage);
  std::vector<Candidate> kept;
  for (size_t level = 0; level < pyramid.size(); ++level) {
    const Tensor& prediction = context.to_host(predictions[level]);
    if (observer != nullptr) observe_level(*observer, level, prediction, static_cast<int>(anchors_[level].size()));
    const std::vector<Candidate> candidates = level_candidates(prediction, anchors_[level], input, size);
    SortedBoxes boxes;
    for (const Candidate& c : candidates) boxes.push_back(c.box.x1, c.box.y1, c.box.x2, c.box.y2);
    for (const int index : nms(boxes, nms_threshold_)) kept.push_back(candidates[index]);
  }
  std::ranges::stable_sort(kept, std::greater<>(), &Candidate::objectness);
  std::vector<Box> proposals;
  for (const Candidate& candidate : kept) {
    if (proposals.size() == static_cast<size_t>(post_nms_top_n_)) break;
    proposals.push_back(candidate.box);
  }
  context.lap(kProposalStage);
  return proposals;
}

template std::vector<Box> RegionProposalNetwork::forward(ComputeContext& context, const Pyramid<Tensor>& pyramid,
                                                         NetSize input, NetSize size,
                                                         const StageObserver* observer) const;
template std::vector<Box> RegionProposalNetwork::forward(GpuContext& context, const Pyramid<GpuMap>& pyramid,
                                                         NetSize input, NetSize size,
                                                         const StageObserver* observer) const;

}  // namespace pretag
