// COCO detection labels (cocodataset.org/#format-data). docs/formats/labels.md.
// Coordinates in the files: bbox = x, y, width, height in pixels from the top left corner of the image.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pretag/data/ground_truth.h"
#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

struct CocoLabels {
  LabelSet labels;
  // The annotations know images and classes by their ids.
  std::unordered_map<int64_t, size_t> image_of_id;  // index in labels.images
  std::unordered_map<int64_t, std::string> class_of_id;
};

// Needs "images", "annotations" and "categories", in any order; reads over all other keys and the outlines. kCorrupt
// names the list, the index and the key: a missing key, an id that occurs twice or that nothing has, a file name that
// occurs twice, a box with a negative size.
Result<CocoLabels> read_coco_labels(std::string_view json);

// The "annotations" of the labels' own document as predictions: one for every image of `labels`, in their order, with
// its objects by falling score. A "score", as prediction exports have it, is read; without one it is 1. Crowds, which
// stand for many objects, are left out.
Result<std::vector<Prediction>> read_coco_annotations(std::string_view json, const CocoLabels& labels);

}  // namespace pretag
