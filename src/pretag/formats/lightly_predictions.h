// Predictions in the Lightly format: tasks.json, <task>/schema.json and one JSON an image, all under
// .lightly/predictions. docs/formats/lightly_predictions.md.
// Coordinates: x, y, width, height in pixels, from the top left corner of the image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/formats/stems.h"
#include "pretag/util/result.h"

namespace pretag {

// A file to write: the path is relative to the predictions folder, '/'-separated.
struct LightlyFile {
  std::string path, content;
};

// What the predictions are of. Category ids are 0, 1, 2 … in the order of `output_classes`.
struct LightlyTask {
  std::string name = "lightly_pretagging";
  std::vector<std::string> model_classes;   // as Detection::probabilities: background first
  std::vector<std::string> output_classes;  // those reported, some or all of the model's without the background
  float score_threshold = 0;                // detections below are left out
};

LightlyFile lightly_tasks_file(const LightlyTask& task);
// kInvalidArgument for a class name that is not UTF-8 or occurs twice.
Result<LightlyFile> lightly_schema_file(const LightlyTask& task);

// Makes the file of one image after the other, in byte order of their names.
class LightlyImageFiles {
 public:
  explicit LightlyImageFiles(LightlyTask task);

  // Nothing if the format cannot hold this image: a.jpg and a.png would share a.json, so the second is left out and
  // named in skipped(); so is a schema.jpg, for schema.json is taken. kInvalidArgument for names out of order, an
  // unknown label, numbers that are not finite. Probabilities are those of `output_classes`, scaled to sum 1; left out
  // where the detection has none.
  Result<std::optional<LightlyFile>> make(const Prediction& prediction);

  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  Result<std::string> singleton(const Detection& detection) const;
  std::string probabilities(const Detection& detection) const;

  LightlyTask task_;
  std::vector<size_t> probability_index_;  // of each output class in Detection::probabilities
  std::string last_filename_;
  StemOwners stems_;
  std::vector<std::string> skipped_;
};

}  // namespace pretag
