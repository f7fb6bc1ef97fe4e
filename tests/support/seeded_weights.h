// Weights that need no file: the same as tests/golden/seeded_weights.py, bit for bit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pretag/nn/weight_file.h"

namespace pretag {

struct SeededModel {
  int classes = 8;  // background included; 8 are named as the driving classes, else class_1, class_2 …
  int min_size = 800, max_size = 1333;
  std::vector<int> anchor_sizes = {32, 64, 128, 256, 512};
  std::string batch_norm_eps = "1e-05";
};

// A whole fasterrcnn_resnet50_fpn under torchvision's names, float32, about 165 MB. Activations stay alive through all
// layers, and pictures of make_seeded_image give tens of detections with scores from 0.05 to 1.
std::shared_ptr<const WeightFile> make_seeded_weights(const SeededModel& model);

}  // namespace pretag
