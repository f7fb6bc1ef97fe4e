// The model that `pretag bench` measures, in every precision and at every input size.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pretag/cli/bench_frames.h"
#include "pretag/data/accuracy.h"
#include "pretag/data/precision.h"
#include "pretag/detect/detector.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// Told what is going on, in a few words.
using BenchProgress = std::function<void(const std::string& message)>;

struct BenchModel {
  std::shared_ptr<const WeightFile> weights;
  Gpus gpus;                               // that compute; none: the processor
  int min_size = 0, max_size = 0;          // the model's own
  std::vector<Precision> precisions;       // to measure; never kAuto
  Precision chosen = Precision::kFloat32;  // one of them: what precision=auto takes, where it was not asked for another
  std::optional<ActivationRanges> ranges;  // there if int8 is to be measured
  std::string ranges_origin;               // for people; empty without int8
};

// `device` is as in configurations. `precision` is a name of Precision, or "all": every one that the device has
// instructions for, and float32. int8's activation ranges are the model's, else measured on the frames.
Result<BenchModel> load_bench_model(const std::string& path, const std::string& device, const std::string& precision,
                                    const BenchFrames& frames, const BenchProgress& progress);

struct BenchInput {
  int min_size = 0, max_size = 0;
  Accuracy accuracy = Accuracy::kFull;
};
Result<std::shared_ptr<const DetectorModel>> detector_of(const BenchModel& model, Precision precision,
                                                         const BenchInput& input);

}  // namespace pretag
