// Where a selection takes the objects of an image from: the detector's results, or predictions users brought along.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/run/selection_table.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class TaskDetections {
 public:
  // kInvalidArgument for a task that does not exist; the message lists those that do.
  static Result<std::shared_ptr<const TaskDetections>> open(const std::string& task, const SelectionSources& sources);
  // Of samples that are objects of this task: the one detection that is in their image.
  static std::shared_ptr<const TaskDetections> of_objects(const TaskDetections& task);
  virtual ~TaskDetections() = default;

  // The objects of the image that count, with their embeddings where the image was read with those. Damaged files of a
  // user's task have none, and SelectionSources::prediction_files hears of them; where that is null, they are errors.
  // Errors name the file. Thread-safe if the files are.
  virtual Result<std::vector<Detection>> of(const ImageResult& image) const = 0;
  // The file that of() reads for this image; none where it reads none.
  virtual std::vector<std::string> files_of(const std::string& /*filename*/) const { return {}; }
  // Whether of() gives objects, which have boxes, and not what is said of the whole image.
  virtual bool is_of_objects() const { return true; }
  // Whether of() gives the segments of a semantic segmentation: each stands for its pixels.
  virtual bool is_of_pixels() const { return false; }
  const std::vector<std::string>& classes() const { return classes_; }
  // What Detection::probabilities are of, background first; empty if they are of nothing known.
  const std::vector<std::string>& model_classes() const { return model_classes_; }

 protected:
  TaskDetections(std::vector<std::string> classes, std::vector<std::string> model_classes)
      : classes_(std::move(classes)), model_classes_(std::move(model_classes)) {}

 private:
  std::vector<std::string> classes_, model_classes_;
};

}  // namespace pretag
