// Predictions that users bring along, .lightly/predictions/<task>: what a selection needs of them.
// formats/lightly_dataset.h reads whole tasks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

struct PredictionTask {
  std::vector<std::string> classes;             // in the order of the schema, which is that of probabilities
  std::map<int64_t, size_t> index_of_category;  // in `classes`, by category id
  bool is_of_objects = true;                    // else of whole images, a classification, or of their pixels
  bool is_of_pixels = false;                    // a semantic segmentation
};

// The text of the task's schema.json. kCorrupt names the key.
Result<PredictionTask> read_prediction_task(std::string_view schema_json);

// The objects of an image's file, in its order; a classification is one object. Boxes are the file's, or hold its
// keypoints; without either they are empty. Detection::probabilities are those of the file behind a background of 0, or
// empty. Where a score is missing it is the mean confidence of the keypoints, else the class's probability, else 1.
// Of a semantic segmentation they are its segments, each with the pixels that it covers; those that cover none are left
// out. Time and memory are linear in the text, whatever the masks' size.
Result<std::vector<Detection>> read_task_objects(std::string_view json, const PredictionTask& task);

}  // namespace pretag
