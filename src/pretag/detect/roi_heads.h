// The second stage: what each proposal is, and where exactly.
#pragma once

#include <span>
#include <vector>

#include "pretag/data/box.h"
#include "pretag/data/image_info.h"
#include "pretag/detect/fpn.h"
#include "pretag/detect/stages.h"
#include "pretag/detect/transform.h"
#include "pretag/nn/model_metadata.h"

namespace pretag {

struct RoiDetection {
  Box box_in_net;
  int class_index = 0;  // of the model's classes
  float score = 0;
  std::vector<float> probabilities;  // softmax over the model's classes, background first
  int roi = 0;                       // the proposal that it came from
  Embedding embedding = {};          // of that proposal: see object_embeddings()
};

class RoiHeads {
 public:
  // For levels in the format `pyramid`.
  static Result<RoiHeads> create(const LayerFactory& layers, ComputeFormat pyramid, const ModelMetadata& metadata);

  // Every detection that passes the score threshold and its class's NMS, by falling score, at most
  // box_detections_per_image of the classes in `wanted` (indexed by class). `logit_offsets`, one a class, are added to
  // the logits.
  template <NetworkContext Context>
  std::vector<RoiDetection> forward(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                    const std::vector<Box>& proposals, NetSize size, const std::vector<bool>& wanted,
                                    const std::vector<float>& logit_offsets, const StageObserver* observer) const;

  // Of each of `boxes`, which must have an area, as forward() gives them to detections for their proposals. One box's
  // does not depend on the others.
  template <NetworkContext Context>
  std::vector<Embedding> embeddings(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                    std::span<const Box> boxes) const;

 private:
  RoiHeads(Convolution fc6, Convolution fc7, Convolution predictor, const ModelMetadata& metadata);
  // The last hidden layer, a column a box; there are `width` columns, and those past the last box hold anything.
  template <NetworkContext Context>
  typename Context::Map representations(Context& context, const Pyramid<typename Context::Map>& pyramid,
                                        std::span<const Box> boxes, int width, const StageObserver* observer) const;
  std::vector<RoiDetection> class_detections(const std::vector<std::vector<float>>& probabilities,
                                             const Tensor& prediction, const std::vector<Box>& proposals, NetSize size,
                                             int class_index) const;

  Convolution fc6_, fc7_, predictor_;  // predictor: a logit a class, then four deltas a class
  int classes_;
  int detections_per_image_;
  float score_threshold_, nms_threshold_;
};

}  // namespace pretag
