// pretag model quantize: what int8 needs to know of a model, measured on pictures.
#pragma once

#include <string>

#include "pretag/io/file_system.h"
#include "pretag/nn/activation_ranges.h"
#include "pretag/run/progress.h"
#include "pretag/util/result.h"

namespace pretag {

struct QuantizeRequest {
  std::string model;   // weight file
  std::string images;  // folder, or one image
  std::string output;  // .safetensors with int8 weights and the ranges; empty: the ranges alone, beside the model
  size_t max_images = 64;
  int threads = 0;  // 0: one a core
};

struct QuantizeOutcome {
  ActivationRanges ranges;
  std::string written;  // path
};

// Measures on images that are spread evenly over the folder's names.
Result<QuantizeOutcome> quantize_model(const QuantizeRequest& request, FileSystem& files, ProgressSink& progress);

// How well 8 bits do, and the layers they do worst for, in some lines.
std::string quantize_text(const QuantizeOutcome& outcome);

}  // namespace pretag
