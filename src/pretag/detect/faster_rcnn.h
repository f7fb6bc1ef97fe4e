// Faster R-CNN with a ResNet-50-FPN backbone, exactly as torchvision's fasterrcnn_resnet50_fpn.
#pragma once

#include <span>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/detect/fpn.h"
#include "pretag/detect/resnet50.h"
#include "pretag/detect/roi_heads.h"
#include "pretag/detect/rpn.h"
#include "pretag/image/image.h"

namespace pretag {

class FasterRcnn {
 public:
  // `sizes` are short and long sides of the network input, as ModelMetadata's.
  struct InputSides {
    int min_size, max_size;
  };
  static Result<FasterRcnn> create(const LayerFactory& layers, const ModelMetadata& metadata,
                                   const std::vector<InputSides>& sizes);

  // At how many sizes a picture can be looked at.
  size_t views() const { return views_.size(); }

  // Of the picture in the network input.
  NetSize size_in_net(const Image& image, size_t view) const;

  struct Output {
    std::vector<RoiDetection> detections;  // by falling score
    Embedding embedding;
    std::vector<Embedding> region_embeddings;  // one a region
  };
  // One image at one size, and regions inside its picture that have an area but need not be objects. Thread-safe as
  // long as each thread has its own context; throws what the context throws.
  template <NetworkContext Context>
  Output forward(Context& context, const Image& image, size_t view, std::span<const Box> regions_in_net,
                 const StageObserver* observer) const;

 private:
  FasterRcnn(ResNet50 backbone, FeaturePyramid pyramid, RegionProposalNetwork rpn, RoiHeads heads, NetFormats formats,
             const ModelMetadata& metadata, const std::vector<InputSides>& sizes);

  struct View {
    InputSides sides;
    std::vector<float> logit_offsets;  // by class index
  };

  ResNet50 backbone_;
  FeaturePyramid pyramid_;
  RegionProposalNetwork rpn_;
  RoiHeads heads_;
  NetFormats formats_;
  std::vector<View> views_;
  std::vector<bool> wanted_;  // by class index: is it reported?
};

}  // namespace pretag
