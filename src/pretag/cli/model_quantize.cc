#include "pretag/cli/model_quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "pretag/cli/model_convert.h"
#include "pretag/cli/spread_names.h"
#include "pretag/data/run_config.h"
#include "pretag/detect/calibration.h"
#include "pretag/detect/layer_factory.h"
#include "pretag/image/decode.h"
#include "pretag/io/sha256.h"
#include "pretag/nn/weight_file.h"
#include "pretag/source/folder_source.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

Result<ActivationRanges> measure(const QuantizeRequest& request, ProgressSink& progress) {
  PRETAG_ASSIGN(const auto weights, load_weight_file(request.model));
  PRETAG_ASSIGN(const auto source, open_folder_source(request.images));
  PRETAG_ASSIGN(const std::vector<std::string> names, spread_names(*source, request.max_images));
  Progress state{.total = static_cast<int64_t>(names.size()), .done = 0, .failed = 0};
  const int threads = request.threads > 0 ? request.threads : available_cores();
  progress.started("Measuring activation ranges", state);
  const CalibrationImages images{.count = names.size(),
                                 .load = [&](size_t index) -> Result<Image> {
                                   PRETAG_ASSIGN(const auto bytes, source->read(names[index]));
                                   auto image = decode_image(bytes, {.max_pixels = RunConfig{}.max_image_pixels});
                                   if (!image) return image.error().in(names[index]);
                                   return image;
                                 },
                                 .progress =
                                     [&](size_t done) {
                                       state.done = static_cast<int64_t>(done);
                                       progress.advanced(state);
                                     }};
  auto ranges = measure_activation_ranges(weights, images, threads);
  progress.finished();
  if (!ranges)
    return ranges.error().in(ranges.error().code == ErrorCode::kInvalidArgument ? request.images : request.model);
  return ranges;
}

}  // namespace

Result<QuantizeOutcome> quantize_model(const QuantizeRequest& request, FileSystem& files, ProgressSink& progress) {
  PRETAG_ASSIGN(ActivationRanges ranges, measure(request, progress));
  QuantizeOutcome outcome{std::move(ranges), request.output};
  if (request.output.empty()) {
    outcome.written = activation_ranges_file(request.model);
    PRETAG_ASSIGN(outcome.ranges.model_sha256, sha256_of_file(request.model));
    PRETAG_TRY(files.write_atomically(outcome.written, to_json(outcome.ranges) + "\n"));
    return outcome;
  }
  ConvertRequest convert{request.model, request.output, ExportType::kInt8, {}};
  convert.metadata[kActivationRangesKey] = to_json(outcome.ranges);
  PRETAG_TRY(convert_model(convert, files));
  return outcome;
}

std::string quantize_text(const QuantizeOutcome& outcome) {
  std::vector<std::pair<float, std::string>> worst;
  for (const auto& [name, range] : outcome.ranges.layers) {
    if (range.limit > 0) worst.emplace_back(range.sqnr_db, name);
  }
  std::ranges::sort(worst);
  const auto floats = std::ranges::count_if(worst, [](const auto& layer) { return layer.first < kLeastSqnrDecibels; });
  std::string text = fmt::format("{} images, {} layers, {} of which 8 bits are too few for and which stay in floats\n",
                                 outcome.ranges.images, outcome.ranges.layers.size(), floats);
  constexpr size_t kShown = 5;
  text += "The layers with the most noise (signal to noise, below 20 dB they stay in floats):\n";
  for (size_t i = 0; i < std::min(kShown, worst.size()); ++i) {
    text += fmt::format("  {:5.1f} dB  {}\n", worst[i].first, worst[i].second);
  }
  return text + outcome.written + "\n";
}

}  // namespace pretag
