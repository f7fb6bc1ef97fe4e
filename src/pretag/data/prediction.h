// What the detector says of an image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/data/box.h"
#include "pretag/data/image_info.h"

namespace pretag {

struct Detection {
  Box box_in_image;
  std::string label;  // the class name, as in the model's metadata
  float score = 0;    // softmax probability of `label`, 0..1
  // Softmax over the model's classes, background first; empty where a format does not carry it.
  std::vector<float> probabilities;
  Embedding embedding = {};  // of the object; empty where it was not kept
  int64_t pixels = 0;        // that a segment of a semantic segmentation covers; else 0
};

// A part of an image that is known by its box alone: of predictions that users bring along.
struct Region {
  Box box_in_image;
  Embedding embedding;
};

struct Prediction {
  std::string filename;               // relative to the input root, '/'-separated, UTF-8
  int width = 0, height = 0;          // of the oriented image, pixels; 0 where a format does not carry it
  std::vector<Detection> detections;  // by falling score
};

}  // namespace pretag
