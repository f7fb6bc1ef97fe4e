// What int8 needs to know of a model: how far the activations of each layer reach on pictures like the user's.
#pragma once

#include <functional>
#include <memory>

#include "pretag/image/image.h"
#include "pretag/nn/activation_ranges.h"
#include "pretag/util/result.h"

namespace pretag {

class WeightFile;

struct CalibrationImages {
  size_t count = 0;  // a few dozen are enough
  // Called on several threads, with 0 … count-1. An image that cannot be had is left out.
  std::function<Result<Image>(size_t index)> load;
  std::function<void(size_t done)> progress = [](size_t) {};  // one call at a time, on any thread
};

// Runs the network in float32 on the images and watches. The result does not depend on the number of threads.
// kInvalidArgument if no image can be had; else what DetectorModel::create and Detector::detect say.
Result<ActivationRanges> measure_activation_ranges(std::shared_ptr<const WeightFile> weights,
                                                   const CalibrationImages& images, int threads);

}  // namespace pretag
