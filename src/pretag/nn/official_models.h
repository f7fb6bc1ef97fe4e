// Weights that others publish: where they are, and what their files do not say of themselves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "pretag/nn/weight_file.h"

namespace pretag {

struct OfficialModel {
  std::string name;  // as in `pretag model pull NAME`
  std::string file;  // the publisher's file name
  std::string url;
  std::string sha256;      // leading hex digits, as the publisher gives them
  uint64_t max_bytes = 0;  // no version of it is larger
  int64_t outputs = 0;     // of the box head, background included
  std::map<std::string, std::string> metadata;
};

// torchvision's fasterrcnn_resnet50_fpn, FasterRCNN_ResNet50_FPN_Weights.COCO_V1.
const OfficialModel& official_coco();

// The weights with the metadata of `model` if `bytes`, the file they were read from, are the publisher's; else as they
// are. Only files that could be it are hashed.
std::shared_ptr<const WeightFile> with_official_metadata(std::shared_ptr<const WeightFile> weights,
                                                         std::span<const std::byte> bytes, const OfficialModel& model);

}  // namespace pretag
