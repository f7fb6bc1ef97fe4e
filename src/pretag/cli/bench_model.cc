#include "pretag/cli/bench_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/detect/calibration.h"
#include "pretag/image/decode.h"
#include "pretag/nn/compute_format.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/run/compute_device.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

std::vector<Precision> all_precisions() {
  std::vector<Precision> all = {Precision::kFloat32};
  if (has_native_bfloat16()) all.push_back(Precision::kBFloat16);
  if (supports_int8()) all.push_back(Precision::kInt8);
  return all;
}

Precision precision_named(const std::string& name) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8}) {
    if (name == name_of(precision)) return precision;
  }
  return Precision::kAuto;
}

Status choose_precisions(const std::string& asked, BenchModel& model) {
  const bool all = asked == "all";
  const Precision precision = all ? Precision::kAuto : precision_named(asked);
  PRETAG_ASSIGN(model.chosen, resolve_precision(precision, model.ranges.has_value(), model.gpus));
  model.precisions = all && model.gpus.empty() ? all_precisions() : std::vector<Precision>{model.chosen};
  return {};
}

Status find_ranges(BenchModel& model, const BenchFrames& frames, const BenchProgress& progress) {
  if (!std::ranges::count(model.precisions, Precision::kInt8)) {
    model.ranges.reset();
    return {};
  }
  model.ranges_origin = "the model's";
  if (model.ranges) return {};
  progress("the model does not know its activation ranges: measuring them");
  const CalibrationImages images{.count = frames.encoded.size(),
                                 .load = [&](size_t index) { return decode_image(frames.encoded[index]); }};
  PRETAG_ASSIGN(model.ranges, measure_activation_ranges(model.weights, images, available_cores()));
  model.ranges_origin = "measured on these images";
  return {};
}

}  // namespace

Result<BenchModel> load_bench_model(const std::string& path, const std::string& device, const std::string& precision,
                                    const BenchFrames& frames, const BenchProgress& progress) {
  BenchModel model;
  PRETAG_ASSIGN(model.gpus, open_devices(device));
  PRETAG_ASSIGN(model.weights, load_weight_file(path));
  const auto metadata = read_model_metadata(*model.weights);
  if (!metadata) return metadata.error().in(path);
  model.min_size = metadata->min_size, model.max_size = metadata->max_size;
  auto ranges = stored_activation_ranges(*model.weights, path);
  if (!ranges && precision == name_of(Precision::kInt8)) return ranges.error();
  if (!ranges) progress(ranges.error().message);
  if (ranges) model.ranges = *std::move(ranges);
  PRETAG_TRY(choose_precisions(precision, model));
  if (const Status found = find_ranges(model, frames, progress); !found) return found.error().in(path);
  return model;
}

Result<std::shared_ptr<const DetectorModel>> detector_of(const BenchModel& model, Precision precision,
                                                         const BenchInput& input) {
  auto metadata = model.weights->metadata();
  metadata["min_size"] = std::to_string(input.min_size);
  metadata["max_size"] = std::to_string(input.max_size);
  const auto resized = std::make_shared<const WeightFile>(model.weights->tensors(), std::move(metadata), model.weights);
  return DetectorModel::create(resized, {.gpus = model.gpus,
                                         .precision = precision,
                                         .ranges = model.ranges,
                                         .accuracy = input.accuracy,
                                         .arena_bytes = arena_share(available_cores())});
}

}  // namespace pretag
