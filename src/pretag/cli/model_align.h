// pretag model align: from labelled pictures, makes a model count right at each input size.
#pragma once

#include <string>
#include <vector>

#include "pretag/cli/eval_input.h"
#include "pretag/eval/alignment.h"
#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

struct AlignRequest {
  std::string model;                      // weight file
  std::vector<std::string> runs;          // run folders, made with that file, each at another input size
  std::vector<std::string> switched_off;  // classes that the model is to find no more
  int64_t fewest_objects = AlignmentOptions{}.fewest_objects;
  EvalInput labels;    // `labels`, `names` and `renamed` of it
  std::string output;  // .safetensors to write; may be `model`
};

struct SizeAlignment {
  std::string run;
  int min_size = 0;  // of the network input in that run
  size_t images = 0;
  std::vector<ClassAlignment> classes;
};

struct AlignOutcome {
  float score_threshold = 0;
  std::vector<SizeAlignment> sizes;
};

// Writes the model with offsets of the logits, added to those that it had: the tensors stay as they are.
// kInvalidArgument if a run was made with another model, if two have the same size, or if labels and runs have nothing
// in common.
Result<AlignOutcome> align_model(const AlignRequest& request, FileSystem& files);

// A table a size: labelled, counted before and after.
std::string align_text(const AlignOutcome& outcome, const std::string& written);

}  // namespace pretag
