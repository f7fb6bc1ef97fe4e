// The model of a run, from its file to a detector.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "pretag/data/precision.h"
#include "pretag/detect/detector.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/run/outputs.h"
#include "pretag/run/run.h"
#include "pretag/source/source.h"

namespace pretag {

struct LoadedModel {
  std::shared_ptr<const WeightFile> weights;
  ModelMetadata metadata;
  std::string sha256;
  float score_threshold = 0;                      // what counts as found
  Gpus gpus;                                      // none: the processor computes
  Precision precision = Precision::kFloat32;      // never kAuto
  std::optional<ActivationRanges> ranges;         // of the model file, or measured by this run
  std::shared_ptr<const DetectorModel> detector;  // null while int8 still needs ranges
};

// The weights, checked, and the precision they will be computed in. Warns of settings that cannot do what they say.
Result<LoadedModel> load_model(const RunRequest& request, ProgressSink& progress);

// A run that has measured activation ranges keeps to them, though the model may have got some of its own since, as by
// 'pretag model quantize': takes those of the model away, so that calibrate_if_needed() finds the run's.
Status keep_measured_ranges(LoadedModel& model, const Ledger& ledger, const RunOutputs& outputs);

// For int8 with a model that does not know its activation ranges: measures them on up to 32 of the ledger's inputs,
// evenly spread over their order, and keeps them in config/activation_ranges.json, where a resumed run finds them.
// kCancelled soon after `cancel` becomes true.
Status calibrate_if_needed(LoadedModel& model, const RunRequest& request, const Source& source, const Ledger& ledger,
                           const RunOutputs& outputs, int threads, ProgressSink& progress,
                           const std::atomic<bool>& cancel);

// What the log says of the choice of the device and the precision.
std::string precision_line(const RunConfig& config, const LoadedModel& model);

// Images that are computed at the same time: num_threads, or what keeps the processor or the GPU busy.
int threads_for(const RunConfig& config, const LoadedModel& model);

}  // namespace pretag
