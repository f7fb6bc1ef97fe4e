// The distances that decide. They are summed in a fixed order without fused operations, so they are the same bits on
// every processor and any number of threads; what is faster than them (centre_panels.h) only decides what need not be
// looked at.
#pragma once

#include <cstddef>

namespace pretag {

// Sum of (a_k - b_k)^2, >= 0, exactly 0 for equal vectors. Zeros appended to both vectors change nothing.
float squared_distance(const float* a, const float* b, size_t columns);

// bounds[i] = min(bounds[i], squared distance of row i to `centre`); rows are `stride` floats apart.
void lower_bounds(const float* rows, size_t count, size_t stride, size_t columns, const float* centre, float* bounds);

}  // namespace pretag
