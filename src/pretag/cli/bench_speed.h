// How many images a second, for precisions, numbers of threads and input sizes.
#pragma once

#include <vector>

#include "pretag/cli/bench_model.h"
#include "pretag/cli/bench_result.h"

namespace pretag {

struct SpeedPlan {
  int rounds = 3;            // of all variants in turns
  double least_seconds = 1;  // of each measurement; one image a thread at the least
};

// 1, 2, 4 … and `cores`.
std::vector<int> thread_counts(int cores);

// The chosen precision with every number of threads, the others with one and all of them.
std::vector<BenchSpeed> layout_variants(const BenchModel& model, int min_size, int max_size, int cores);
// accuracy=full|balanced|fast|best in the chosen precision, all threads.
std::vector<BenchSpeed> preset_variants(const BenchModel& model, int cores);

// Fills in the variants' speeds: each has min_size, max_size, accuracy, precision and threads. They are held in memory
// at the same time.
Status measure_speeds(const BenchModel& model, const BenchFrames& frames, const SpeedPlan& plan,
                      const BenchProgress& progress, std::vector<BenchSpeed>& variants);

}  // namespace pretag
