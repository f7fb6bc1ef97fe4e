#include "pretag/nn/official_models.h"

#include "pretag/io/sha256.h"

namespace pretag {

const OfficialModel& official_coco() {
  static const OfficialModel kModel = {
      .name = "coco",
      .file = "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
      .url = "https://download.pytorch.org/models/fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
      .sha256 = "258fb6c6",  // torchvision ends file names with the first digits of the SHA-256
      .max_bytes = 400'000'000,
      .outputs = 91,
      // torchvision runs these weights with an epsilon of 0 (faster_rcnn.py: overwrite_eps(model, 0.0)).
      .metadata = {{"batch_norm_eps", "0"},
                   {"training_data", "COCO train2017, by torchvision (FasterRCNN_ResNet50_FPN_Weights.COCO_V1)"},
                   {"license",
                    "published by torchvision (BSD-3-Clause); COCO's annotations are CC BY 4.0, its pictures "
                    "under Flickr's terms"}}};
  return kModel;
}

std::shared_ptr<const WeightFile> with_official_metadata(std::shared_ptr<const WeightFile> weights,
                                                         std::span<const std::byte> bytes, const OfficialModel& model) {
  const auto head = weights->tensors().find("roi_heads.box_predictor.cls_score.weight");
  const bool candidate = weights->metadata().empty() && bytes.size() <= model.max_bytes &&
                         head != weights->tensors().end() && !head->second.shape.empty() &&
                         head->second.shape[0] == model.outputs;
  if (!candidate || !sha256_hex(bytes).starts_with(model.sha256)) return weights;
  std::map<std::string, WeightTensor> tensors = weights->tensors();
  return std::make_shared<const WeightFile>(std::move(tensors), model.metadata, std::move(weights));
}

}  // namespace pretag
