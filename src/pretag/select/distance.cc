// Compiled with -ffp-contract=off (see CMakeLists.txt): the order of operations is part of the contract.
#include "pretag/select/distance.h"

#include <cstring>

#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// 16 sums side by side; two of them are running, which hides most of the latency of an addition.
constexpr size_t kLanes = 16;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

PRETAG_INLINE void load(const float* from, Lanes* to) { std::memcpy(to, from, sizeof(Lanes)); }

PRETAG_INLINE void load_tail(const float* from, size_t count, Lanes* to) {
  float padded[kLanes] = {};
  for (size_t k = 0; k < count; ++k) padded[k] = from[k];
  load(padded, to);
}

PRETAG_INLINE float sum_of(const Lanes& lanes) {
  float sums[kLanes];
  std::memcpy(sums, &lanes, sizeof(lanes));
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

PRETAG_INLINE void add_squared_difference(const Lanes& a, const Lanes& b, Lanes* sum) {
  const Lanes difference = a - b;
  *sum += difference * difference;
}

PRETAG_INLINE float sum_squares(const float* a, const float* b, size_t columns) {
  Lanes even = {}, odd = {}, left, right;
  size_t k = 0;
  for (; k + 2 * kLanes <= columns; k += 2 * kLanes) {
    load(a + k, &left), load(b + k, &right);
    add_squared_difference(left, right, &even);
    load(a + k + kLanes, &left), load(b + k + kLanes, &right);
    add_squared_difference(left, right, &odd);
  }
  if (k + kLanes <= columns) {
    load(a + k, &left), load(b + k, &right);
    add_squared_difference(left, right, &even);
    k += kLanes;
    load_tail(a + k, columns - k, &left), load_tail(b + k, columns - k, &right);
    add_squared_difference(left, right, &odd);
  } else {
    load_tail(a + k, columns - k, &left), load_tail(b + k, columns - k, &right);
    add_squared_difference(left, right, &even);
  }
  return sum_of(even + odd);
}

}  // namespace

PRETAG_MULTIVERSION float squared_distance(const float* a, const float* b, size_t columns) {
  return sum_squares(a, b, columns);
}

PRETAG_MULTIVERSION void lower_bounds(const float* rows, size_t count, size_t stride, size_t columns,
                                      const float* centre, float* bounds) {
  for (size_t i = 0; i < count; ++i) {
    const float distance = sum_squares(rows + i * stride, centre, columns);
    bounds[i] = distance < bounds[i] ? distance : bounds[i];
  }
}

}  // namespace pretag
