// How fast the processor or a GPU multiplies and adds where nothing else holds it up.
#pragma once

#include <memory>

#include "pretag/cli/bench_result.h"
#include "pretag/gpu/gpu.h"
#include "pretag/util/result.h"

namespace pretag {

// The best of some repetitions of some large 1x1 convolutions, with one thread, or on `gpu` if it is not null; a
// quarter of a second or so. `precision` is not kAuto, and the device can compute in it. kInternal if oneDNN or the GPU
// fails.
Result<BenchPeak> measure_peak(const std::shared_ptr<const Gpu>& gpu, Precision precision);

}  // namespace pretag
