// Region proposal network (Ren et al., 2015): where something may be.
#pragma once

#include <vector>

#include "pretag/data/box.h"
#include "pretag/detect/fpn.h"
#include "pretag/detect/stages.h"
#include "pretag/detect/transform.h"
#include "pretag/nn/model_metadata.h"

namespace pretag {

class RegionProposalNetwork {
 public:
  // For levels in the format `pyramid`.
  static Result<RegionProposalNetwork> create(const LayerFactory& layers, ComputeFormat pyramid,
                                              const ModelMetadata& metadata);

  // Boxes in network pixels, most object-like first. `input` is the padded input's size, `size` the picture in it.
  template <NetworkContext Context>
  std::vector<Box> forward(Context& context, const Pyramid<typename Context::Map>& pyramid, NetSize input, NetSize size,
                           const StageObserver* observer) const;

 private:
  struct Candidate {
    Box box;
    float objectness = 0;  // 0..1
  };
  RegionProposalNetwork(Convolution shared, Convolution head, const ModelMetadata& metadata);
  std::vector<Candidate> level_candidates(const Tensor& prediction, const std::vector<Box>& anchors, NetSize input,
                                          NetSize size) const;

  Convolution shared_, head_;  // head: objectness of every anchor of a cell, then its four deltas
  int pre_nms_top_n_, post_nms_top_n_;
  float nms_threshold_;
  std::vector<std::vector<Box>> anchors_;  // a level's, around the origin
};

}  // namespace pretag
