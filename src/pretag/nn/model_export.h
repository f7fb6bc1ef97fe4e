// Writes weights as .safetensors in the precision asked for.
#pragma once

#include <map>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

enum class ExportType {
  kFloat32,   // everything
  kBFloat16,  // matrices (two dimensions and more); vectors stay float32, they are small and matter more
  kInt8,      // matrices, with one float32 scale an output channel in "<name>.scale"; vectors stay float32
};

// Writes every tensor but integer counters (num_batches_tracked). `metadata` replaces that of `weights`. int8 matrices
// that are written as int8 keep their values and scales exactly. kCorrupt names a tensor with values that are not
// finite, kInvalidArgument a file without a weight, otherwise the errors of the file system.
Status export_model(const WeightFile& weights, const std::map<std::string, std::string>& metadata, ExportType type,
                    FileSystem& files, const std::string& path);

}  // namespace pretag
