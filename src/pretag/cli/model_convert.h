// pretag model convert: any weight file that can be read, into .safetensors with complete metadata.
#pragma once

#include <map>
#include <string>

#include "pretag/io/file_system.h"
#include "pretag/nn/model_export.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/util/result.h"

namespace pretag {

struct ConvertRequest {
  std::string input, output;  // may be the same file
  ExportType type = ExportType::kFloat32;
  // Keys of docs/formats/weights.md with the values to write; they go before those of the input.
  std::map<std::string, std::string> metadata;
};

// Checks the result's metadata as read_model_metadata() does and returns it. kInvalidArgument names the option whose
// metadata is wrong.
Result<ModelMetadata> convert_model(const ConvertRequest& request, FileSystem& files);

// "float32", "bfloat16" or "int8"; kInvalidArgument for anything else.
Result<ExportType> export_type_named(const std::string& name);

// "a, b" or "[\"a\", \"b\"]" as the JSON list that metadata holds.
std::string json_list_of(const std::string& names);
// The same with the background class in front, which people need not write.
std::string json_classes_of(const std::string& names);

}  // namespace pretag
