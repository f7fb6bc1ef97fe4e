#include "pretag/nn/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pretag {

namespace {

constexpr float kLargest = 127;

float rounded(float weight, float inverse_scale) {
  return std::clamp(std::nearbyint(weight * inverse_scale), -kLargest, kLargest);
}

double squared_error(std::span<const float> row, float scale) {
  double sum = 0;
  const float inverse = 1 / scale;
  for (const float weight : row) {
    const double difference = static_cast<double>(weight) - static_cast<double>(rounded(weight, inverse) * scale);
    sum += difference * difference;
  }
  return sum;
}

float best_scale(std::span<const float> row) {
  float largest = 0;
  for (const float weight : row) largest = std::max(largest, std::abs(weight));
  // Below the smallest normal number a scale's inverse overflows; such a row is as good as zero.
  if (largest / kLargest < std::numeric_limits<float>::min()) return 1;
  float best = largest / kLargest;
  double best_error = squared_error(row, best);
  for (const float clip : {0.98f, 0.96f, 0.94f, 0.92f, 0.9f, 0.85f, 0.8f}) {
    const float scale = clip * largest / kLargest;
    const double error = scale < std::numeric_limits<float>::min() ? best_error : squared_error(row, scale);
    if (error < best_error) best = scale, best_error = error;
  }
  return best;
}

}  // namespace

QuantizedMatrix quantize_rows(std::span<const float> weights, size_t rows) {
  QuantizedMatrix matrix;
  matrix.values.resize(weights.size());
  matrix.scales.resize(rows);
  const size_t length = rows == 0 ? 0 : weights.size() / rows;
  for (size_t r = 0; r < rows; ++r) {
    const auto row = weights.subspan(r * length, length);
    const float scale = best_scale(row), inverse = 1 / scale;
    matrix.scales[r] = scale;
    for (size_t i = 0; i < length; ++i) {
      matrix.values[r * length + i] = static_cast<int8_t>(rounded(row[i], inverse));
    }
  }
  return matrix;
}

}  // namespace pretag
