#include "pretag/run/loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <string_view>
#include <vector>

#include "pretag/detect/calibration.h"
#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"
#include "pretag/nn/arena.h"
#include "pretag/nn/compute_format.h"
#include "pretag/run/compute_device.h"
#include "pretag/run/run_identity.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

constexpr size_t kCalibrationImages = 32;
constexpr char kRangesFile[] = "config/activation_ranges.json";

Status create_detector(LoadedModel& model, const RunRequest& request) {
  // Low scores are kept in the ledger for evaluation and selection: score_threshold cuts what is written and counted.
  auto detector =
      DetectorModel::create(model.weights, {.gpus = model.gpus,
                                            .precision = model.precision,
                                            .ranges = model.ranges,
                                            .accuracy = request.config.accuracy,
                                            .max_detections = static_cast<int>(request.config.max_detections),
                                            .arena_bytes = arena_share(threads_for(request.config, model))});
  if (!detector) return detector.error().in(request.model_path);
  model.detector = *std::move(detector);
  model.metadata = model.detector->metadata();
  return {};
}

// Without int8 damaged ranges, or those of another model, are in nobody's way.
Result<std::optional<ActivationRanges>> ranges_for(const LoadedModel& model, const RunRequest& request,
                                                   ProgressSink& progress) {
  auto ranges = stored_activation_ranges(*model.weights, request.model_path);
  const Precision asked = request.config.precision;
  if (ranges || asked == Precision::kInt8) return ranges;
  if (asked == Precision::kAuto && model.gpus.empty() && supports_int8()) {
    progress.warning(ranges.error().message + "; without them, this run is not computed in int8");
  }
  return std::optional<ActivationRanges>();
}

void warn_of_low_threshold(const RunConfig& config, const ModelMetadata& metadata, ProgressSink& progress) {
  const auto asked = static_cast<float>(config.score_threshold);
  if (asked < 0 || asked >= metadata.box_score_threshold) return;
  progress.warning(
      fmt::format("score_threshold={}: the model finds no boxes with scores up to {} (box_score_threshold in its file)",
                  asked, metadata.box_score_threshold));
}

// Every so-many-th of the inputs that are to be looked at: all of them when the run begins.
Result<std::vector<std::string>> spread_names(const Ledger& ledger) {
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  const auto total = static_cast<size_t>(counts.pending);
  const size_t wanted = std::min(kCalibrationImages, total);
  std::vector<std::string> names;
  size_t index = 0;
  PRETAG_TRY(ledger.for_each_pending([&](const std::string& name) -> Status {
    if (names.size() < wanted && index * wanted >= names.size() * total) names.push_back(name);
    ++index;
    return {};
  }));
  return names;
}

}  // namespace

Result<LoadedModel> load_model(const RunRequest& request, ProgressSink& progress) {
  const RunConfig& config = request.config;
  LoadedModel model;
  // A second reader of the file, so that the first image does not wait for it.
  auto sha256 = std::async(std::launch::async, [&] { return sha256_of_file(request.model_path); });
  PRETAG_ASSIGN(model.weights, load_weight_file(request.model_path));
  PRETAG_ASSIGN(model.gpus, open_devices(config.device));
  // A detector has one of them.
  const auto detectors = static_cast<size_t>(std::max<int64_t>(config.num_threads, 0));
  if (detectors > 0 && detectors < model.gpus.size()) model.gpus.resize(detectors);
  PRETAG_ASSIGN(model.ranges, ranges_for(model, request, progress));
  PRETAG_ASSIGN(model.precision, resolve_precision(config.precision, model.ranges.has_value(), model.gpus));
  auto metadata = read_model_metadata(*model.weights);
  if (!metadata) return metadata.error().in(request.model_path);
  model.metadata = *std::move(metadata);
  warn_of_low_threshold(config, model.metadata, progress);
  const float recommended = model.metadata.score_threshold;
  model.score_threshold = config.score_threshold < 0 ? recommended : static_cast<float>(config.score_threshold);
  if (model.precision != Precision::kInt8 || model.ranges) PRETAG_TRY(create_detector(model, request));
  PRETAG_ASSIGN(model.sha256, sha256.get());
  return model;
}

Status keep_measured_ranges(LoadedModel& model, const Ledger& ledger, const RunOutputs& outputs) {
  if (model.precision != Precision::kInt8 || !outputs.files.exists(outputs.path(kRangesFile))) return {};
  PRETAG_ASSIGN(const auto known, ledger.fact(kActivationRangesFact));
  if (known != kMeasuredByRun) return {};
  model.ranges.reset();
  model.detector.reset();
  return {};
}

Status calibrate_if_needed(LoadedModel& model, const RunRequest& request, const Source& source, const Ledger& ledger,
                           const RunOutputs& outputs, int threads, ProgressSink& progress,
                           const std::atomic<bool>& cancel) {
  if (model.detector || !model.weights) return {};
  const std::string path = outputs.path(kRangesFile);
  if (outputs.files.exists(path)) {
    PRETAG_ASSIGN(const auto bytes, outputs.files.read(path, 1 << 20));
    auto ranges = parse_activation_ranges({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!ranges) return ranges.error().in(path);
    model.ranges = *std::move(ranges);
    progress.info("Going on with the activation ranges that this run has measured");
    return create_detector(model, request);
  }

  PRETAG_ASSIGN(const std::vector<std::string> names, spread_names(ledger));
  progress.info(
      fmt::format("Measuring on {} images how far the model's activations reach; 'pretag model quantize' does it "
                  "once for all runs",
                  names.size()));
  const Error stopped{ErrorCode::kCancelled, "stopped while the model's activations were measured"};
  const CalibrationImages images{.count = names.size(), .load = [&](size_t index) -> Result<Image> {
                                   if (cancel) return stopped;
                                   PRETAG_ASSIGN(Picture picture,
                                                 source.picture(names[index], request.config.max_image_pixels));
                                   return std::move(picture.image);
                                 }};
  auto ranges = measure_activation_ranges(model.weights, images, threads);
  if (cancel) return stopped;
  if (!ranges && ranges.error().code != ErrorCode::kInvalidArgument) return ranges.error();
  if (!ranges) {
    return Error{ranges.error().code, ranges.error().message +
                                          "; use precision=f32, or measure the model on other pictures with 'pretag "
                                          "model quantize'"};
  }
  model.ranges = *std::move(ranges);
  PRETAG_TRY(outputs.files.write_atomically(path, to_json(*model.ranges)));
  return create_detector(model, request);
}

std::string precision_line(const RunConfig& config, const LoadedModel& model) {
  const std::string chosen(name_of(model.precision));
  if (!model.gpus.empty()) return fmt::format("Computing in {} on {}", chosen, names_of(model.gpus));
  if (config.precision != Precision::kAuto) return fmt::format("Computing in {} as asked", chosen);
  switch (model.precision) {
    case Precision::kInt8:
      return "Computing in int8: the processor can, and the model knows its activation ranges";
    case Precision::kBFloat16:
      return "Computing in bf16: the processor has instructions for it";
    default:
      break;
  }
  if (supports_int8()) {
    return "Computing in f32: the model does not know its activation ranges; 'pretag model quantize' measures them, "
           "precision=int8 does it for this run, and computing is then about twice as fast";
  }
  return "Computing in f32: the processor has no instructions for int8 or bf16";
}

int threads_for(const RunConfig& config, const LoadedModel& model) {
  if (config.num_threads > 0) return static_cast<int>(config.num_threads);
  return threads_that_fill(model.gpus, available_cores());
}

}  // namespace pretag
