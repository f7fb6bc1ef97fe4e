// A window into the detector: its intermediate results, for parity tests and debugging, and its stages' names.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace pretag {

// Called with every intermediate result; values are float32 in torchvision's layout. Stages, in order:
//   transform (1,3,H,W) normalised and padded      C2 … C5, P2 … P6 (1,channels,h,w)
//   rpn_logits.P2 … (1,3,h,w)  rpn_deltas.P2 … (1,12,h,w)      proposals (N,4) network pixels
//   roi_features (N,256,7,7)   box_logits (N,classes)   box_deltas (N,classes*4)
//   boxes (M,4) image pixels   labels (M) class index   scores (M)
using StageObserver =
    std::function<void(std::string_view stage, std::span<const int64_t> shape, std::span<const float> values)>;

// What ComputeContext::lap() is told, in order; regions that the caller names repeat the last three.
inline constexpr std::string_view kTransformStage = "transform";
inline constexpr std::string_view kBackboneStage = "backbone";
inline constexpr std::string_view kPyramidStage = "pyramid";
inline constexpr std::string_view kRpnStage = "RPN convolutions";
inline constexpr std::string_view kProposalStage = "top-k and NMS";
inline constexpr std::string_view kRoiAlignStage = "RoIAlign";
inline constexpr std::string_view kBoxHeadStage = "box head";
inline constexpr std::string_view kPostprocessStage = "postprocess";

}  // namespace pretag
