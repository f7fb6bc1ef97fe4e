// What people say is in an image: the labels that predictions are measured against.
#pragma once

#include <string>
#include <vector>

#include "pretag/data/box.h"

namespace pretag {

struct GroundTruth {
  Box box_in_image;    // pixels of the image as labelled, corners
  std::string label;   // the class name
  float area = 0;      // square pixels; of the outline where the labels have one, else of the box
  bool crowd = false;  // stands for many objects that were not told apart: neither to be found nor to be missed
};

struct LabelledImage {
  std::string filename;       // relative to the root of the images, '/'-separated, UTF-8
  int width = 0, height = 0;  // pixels
  std::vector<GroundTruth> objects;
};

struct LabelSet {
  std::vector<std::string> classes;   // every class the labels know, used or not, in their order
  std::vector<LabelledImage> images;  // in byte order of the file name, each name once
};

}  // namespace pretag
