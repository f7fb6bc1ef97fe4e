#include "pretag/cli/model_convert.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pretag/nn/activation_ranges.h"
#include "pretag/nn/class_names.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// The request goes before what the file says of itself.
std::map<std::string, std::string> merged_metadata(const ConvertRequest& request, const WeightFile& weights) {
  std::map<std::string, std::string> merged = request.metadata;
  const bool new_classes = merged.contains("classes");
  for (const auto& [key, value] : weights.metadata()) {
    // Which classes are reported and by how much their scores are shifted follows from the old list of classes; how it
    // is quantised, from the old tensors.
    const bool of_classes = key == "output_classes" || key == "logit_offsets";
    if ((of_classes && new_classes) || key == "quantization") continue;
    merged.emplace(key, value);
  }
  return merged;
}

std::string with_each(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// An error of the metadata is the user's where it names what the request gave, and then it names the option; else it is
// the file's.
Error blamed(const Error& error, const ConvertRequest& request) {
  std::string message = error.message;
  for (const auto& [key, value] : request.metadata) {
    const std::string option = "--" + with_each(key, "_", "-"), quoted = fmt::format("'{}'", key);
    message = with_each(with_each(std::move(message), "metadata " + quoted, option), quoted, option);
  }
  if (message == error.message) return error.in(request.input);
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace

Result<ModelMetadata> convert_model(const ConvertRequest& request, FileSystem& files) {
  PRETAG_ASSIGN(const auto weights, load_weight_file(request.input));
  std::map<std::string, std::string> strings = merged_metadata(request, *weights);
  // Ranges that lie beside the input go into the output, unless there are newer ones.
  if (!request.metadata.contains(kActivationRangesKey)) {
    PRETAG_ASSIGN(auto ranges, stored_activation_ranges(*weights, request.input));
    if (ranges) {
      ranges->model_sha256.clear();
      strings[kActivationRangesKey] = to_json(*ranges);
    }
  }
  const WeightFile described(weights->tensors(), strings, weights);
  const auto metadata = read_model_metadata(described);
  if (!metadata) return blamed(metadata.error(), request);
  for (const auto& [key, value] : model_metadata_strings(*metadata)) strings[key] = value;
  PRETAG_TRY(export_model(described, strings, request.type, files, request.output));
  return *metadata;
}

Result<ExportType> export_type_named(const std::string& name) {
  if (name == "float32") return ExportType::kFloat32;
  if (name == "bfloat16") return ExportType::kBFloat16;
  if (name == "int8") return ExportType::kInt8;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("--dtype: must be float32, bfloat16 or int8, not '{}'", one_line(name))};
}

std::string json_list_of(const std::string& names) {
  if (trim(names).starts_with('[')) return names;
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& name : split(names, ',')) list.push_back(std::string(trim(name)));
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_classes_of(const std::string& names) {
  const std::string_view given = trim(names);
  if (given.starts_with('[') || given.starts_with(kBackgroundClass)) return json_list_of(names);
  return json_list_of(fmt::format("{},{}", kBackgroundClass, names));
}

}  // namespace pretag
