// Brings predictions and labels together, and says what does not fit.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/eval/evaluate.h"

namespace pretag {

struct Pairing {
  std::vector<EvalImage> images;                // in byte order of the file name
  std::vector<std::string> without_label;       // predicted only
  std::vector<std::string> without_prediction;  // labelled only
  std::vector<std::string> size_differs;        // paired, but labelled at another size than the image has
};

// Pairs by file name. Each name at most once in each list.
Pairing pair_images(std::vector<Prediction> predictions, std::vector<LabelledImage> labels);

struct ClassPairing {
  std::vector<std::string> common;          // in the model's order; those that can be evaluated
  std::vector<std::string> only_in_labels;  // the model does not know them
  std::vector<std::string> only_in_model;   // they were not labelled
};

ClassPairing pair_classes(const std::vector<std::string>& model_classes, const std::vector<std::string>& label_classes);

// Calls the labels' classes by the model's names; several may become one.
void rename_classes(LabelSet& labels, const std::map<std::string, std::string>& new_names);

}  // namespace pretag
