// How near samples are to what is looked for.
#pragma once

#include <vector>

#include "pretag/select/columns.h"

namespace pretag {

// Of each sample: 1 - distance / 2 to the nearest row of `query`, at least 0: for vectors of unit length 1 for the same
// vector and 0 for the opposite one. A sample with several vectors counts as its nearest; one without any is 0.
std::vector<double> similarity(const SampleVectors& samples, const MatrixView& query, int threads);

}  // namespace pretag
