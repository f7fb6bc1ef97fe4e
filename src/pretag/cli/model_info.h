// pretag model info: a weight file in words.
#pragma once

#include <string>

#include "pretag/nn/model_metadata.h"
#include "pretag/nn/weight_file.h"

namespace pretag {

// Some fifteen lines, each "  label  value"; long lists are wrapped. `file_bytes` is the size of the file.
std::string model_info_text(const std::string& path, uint64_t file_bytes, const WeightFile& weights,
                            const ModelMetadata& metadata);

}  // namespace pretag
