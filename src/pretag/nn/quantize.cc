#include "pretag/nn/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pretag/nn/rounding.h"
#include "pretag/util/multiversion.h"

namespace pretag {

namespace {

// Steps of a thousandth are lost in a row that was made from integers, and only there.
constexpr double kExact = 1e-6;

PRETAG_INLINE float rounded(float weight, float inverse_scale, float limit) {
  return std::min(std::max(round_to_even(weight * inverse_scale), -limit), limit);
}

PRETAG_MULTIVERSION double squared_error(const float* row, size_t length, float scale, float limit) {
  constexpr size_t kLanes = 16;  // sums side by side: what vectors compute without changing the order
  float sums[kLanes] = {};
  const float inverse = 1 / scale;
  const auto square = [&](float weight) {
    const float difference = weight - rounded(weight, inverse, limit) * scale;
    return difference * difference;
  };
  size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += square(row[i + lane]);
  }
  double sum = 0;
  for (; i < length; ++i) sum += static_cast<double>(square(row[i]));
  for (const float lane : sums) sum += static_cast<double>(lane);
  return sum;
}

PRETAG_MULTIVERSION void round_row(const float* row, size_t length, float inverse, float limit, int8_t* out) {
  for (size_t i = 0; i < length; ++i) out[i] = static_cast<int8_t>(static_cast<int>(rounded(row[i], inverse, limit)));
}

float best_scale(std::span<const float> row, float limit) {
  float largest = 0;
  for (const float weight : row) largest = std::max(largest, std::abs(weight));
  // Such a row is as good as zero, and a bias divided by its scale would overflow.
  constexpr float kLeastScale = 1e-30f;
  if (largest / limit < kLeastScale) return 1;
  float best = largest / limit;
  double best_error = squared_error(row.data(), row.size(), best, limit);
  if (best_error < kExact * static_cast<double>(best) * static_cast<double>(best) * static_cast<double>(row.size())) {
    return best;
  }
  for (const float clip : {0.98f, 0.96f, 0.94f, 0.92f, 0.9f, 0.85f, 0.8f}) {
    const float scale = clip * largest / limit;
    const double error = squared_error(row.data(), row.size(), scale, limit);
    if (error < best_error) best = scale, best_error = error;
  }
  return best;
}

}  // namespace

QuantizedMatrix quantize_rows(std::span<const float> weights, size_t rows, int largest) {
  const auto limit = static_cast<float>(largest);
  QuantizedMatrix matrix;
  matrix.values.resize(weights.size());
  matrix.scales.resize(rows);
  const size_t length = rows == 0 ? 0 : weights.size() / rows;
  for (size_t r = 0; r < rows; ++r) {
    const auto row = weights.subspan(r * length, length);
    const float scale = best_scale(row, limit), inverse = 1 / scale;
    matrix.scales[r] = scale;
    round_row(row.data(), length, inverse, limit, matrix.values.data() + r * length);
  }
  return matrix;
}

}  // namespace pretag
