// Parameter names over the years: torchvision renamed some, and training wrappers add a prefix.
#pragma once

#include <memory>

#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// The same weights under torchvision's present names (0.13 and later):
//  - "module." in front of every name, which DataParallel adds, is taken off;
//  - "rpn.head.conv.weight" becomes "rpn.head.conv.0.0.weight";
//  - "backbone.fpn.inner_blocks.0.weight" becomes "backbone.fpn.inner_blocks.0.0.weight", layer_blocks likewise.
// torchvision does the same when it loads (RPNHead and FeaturePyramidNetwork, _load_from_state_dict). The official COCO
// file dates from the time of the old names. kCorrupt if two parameters end up under one name.
Result<std::shared_ptr<const WeightFile>> with_current_parameter_names(WeightFile weights);

}  // namespace pretag
