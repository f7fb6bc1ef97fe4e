// How typical samples are of the whole: high where many others are near.
#pragma once

#include <cstdint>
#include <vector>

#include "pretag/select/columns.h"

namespace pretag {

// Of each sample: 1 / (1 + mean distance to its `neighbors` nearest others), 0..1, after "Active Learning on a Budget"
// (Hacohen et al., 2022, equation 4), whose inverse distance has no bound. The neighbours are looked for among at most
// kTypicalityReferences samples drawn by `seed`: everything up to that number, a sample of it beyond, so that the time
// grows with the number of samples and not with its square. A sample with several vectors counts as the mean of them;
// one without any is 0.
inline constexpr size_t kTypicalityReferences = 8192;
std::vector<double> typicality(const SampleVectors& samples, size_t neighbors, uint64_t seed, int threads);

}  // namespace pretag
