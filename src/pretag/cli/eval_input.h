// What pretag eval compares: the predictions of a run or a dump, and the labels of a COCO file or a YOLO folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pretag/eval/pairing.h"
#include "pretag/util/result.h"

namespace pretag {

struct EvalInput {
  std::string predictions;  // a run folder, its run.db, or a pretagging dump
  std::string labels;       // a COCO JSON file, or a folder of YOLO labels
  std::string names;        // class names of YOLO labels: data.yaml or a list; empty: found by itself
  std::map<std::string, std::string> renamed;  // the labels' class -> the model's
  bool with_probabilities = false;             // of every class for each detection of a run; a dump has none
};

struct EvalData {
  std::vector<std::string> model_classes;  // what the model could have found
  std::vector<std::string> label_classes;
  std::optional<float> score_threshold;  // from which on the run counted objects; a dump does not say
  int64_t to_come = 0;                   // images of a run that is not finished
  Pairing pairing;
  std::vector<std::string> without_label_file;  // YOLO: images that have no label file; not evaluated
};

// "FROM=TO" of the command line for EvalInput::renamed. kInvalidArgument names what is neither.
Result<std::map<std::string, std::string>> parse_renames(const std::vector<std::string>& renames);

// Errors name the file. kUnsupported for a dump with YOLO labels: neither tells the images' sizes.
Result<EvalData> load_eval_data(const EvalInput& input);

// kInvalidArgument, with an example of either side, if no class or no image is in both.
Status check_overlap(const EvalData& data, const ClassPairing& classes, const EvalInput& input);

}  // namespace pretag
