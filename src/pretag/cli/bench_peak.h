// How fast the processor multiplies and adds where nothing else holds it up.
#pragma once

#include "pretag/cli/bench_result.h"
#include "pretag/util/result.h"

namespace pretag {

// The best of some repetitions of some large 1x1 convolutions, with one thread; a quarter of a second or so.
// `precision` is not kAuto, and the processor can compute in it. kInternal if oneDNN fails.
Result<BenchPeak> measure_peak(Precision precision);

}  // namespace pretag
