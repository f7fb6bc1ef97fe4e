#include "pretag/nn/short_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "pretag/nn/rounding.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

struct RowSize {
  float largest, sum;
};
PRETAG_MULTIVERSION RowSize size_of(const float* row, int count) {
  constexpr int kLanes = kShortWeightsAtOnce;
  float largest[kLanes] = {}, sum[kLanes] = {};
  for (int c = 0; c < count; c += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float size = std::abs(row[c + lane]);
      largest[lane] = largest[lane] < size ? size : largest[lane];
      sum[lane] += size;
    }
  }
  RowSize size{0, 0};
  for (int lane = 0; lane < kLanes; ++lane) {
    size.largest = std::max(size.largest, largest[lane]);
    size.sum += sum[lane];
  }
  return size;
}

PRETAG_MULTIVERSION void store_rounded(const float* row, int count, float factor, int stride, int16_t* out) {
  for (int c = 0; c < count; c += 2) {
    int16_t* const pair = out + static_cast<ptrdiff_t>(c / 2) * stride;
    pair[0] = static_cast<int16_t>(static_cast<int>(round_to_even(row[c] * factor)));
    pair[1] = static_cast<int16_t>(static_cast<int>(round_to_even(row[c + 1] * factor)));
  }
}

}  // namespace

double store_short_weights(const float* row, int count, double largest_input, int stride, int16_t* out) {
  const RowSize size = size_of(row, count);
  // Rounding may add half a step to each; the float32 sum of ten thousand is exact to well over one in 10^5.
  const double most_sum = std::numeric_limits<int32_t>::max() * (1 - 1e-5) / largest_input - count / 2.0;
  const double factor = std::min(std::numeric_limits<int16_t>::max() / std::max(1e-30, double{size.largest}),
                                 most_sum / std::max(1e-30, double{size.sum}));
  store_rounded(row, count, static_cast<float>(factor), stride, out);
  return factor;
}

}  // namespace pretag
