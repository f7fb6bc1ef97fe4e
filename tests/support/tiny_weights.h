// Weight files made from numbers alone, for tests of what handles them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pretag/nn/weight_file.h"

namespace pretag {

// float32 tensors of these values.
struct TinyTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

WeightFile make_weights(const std::map<std::string, TinyTensor>& tensors,
                        std::map<std::string, std::string> metadata = {});

// Has the tensors by which a fasterrcnn_resnet50_fpn is recognised, in miniature: three anchors a position and
// `classes` outputs, background included.
WeightFile make_detector_weights(int64_t classes, std::map<std::string, std::string> metadata = {});

}  // namespace pretag
