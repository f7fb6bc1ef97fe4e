#include "pretag/nn/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pretag {

namespace {

// Steps of a thousandth are lost in a row that was made from integers, and only there.
constexpr double kExact = 1e-6;

float rounded(float weight, float inverse_scale, float limit) {
  return std::clamp(std::nearbyint(weight * inverse_scale), -limit, limit);
}

double squared_error(std::span<const float> row, float scale, float limit) {
  double sum = 0;
  const float inverse = 1 / scale;
  for (const float weight : row) {
    const double difference =
        static_cast<double>(weight) - static_cast<double>(rounded(weight, inverse, limit) * scale);
    sum += difference * difference;
  }
  return sum;
}

float best_scale(std::span<const float> row, float limit) {
  float largest = 0;
  for (const float weight : row) largest = std::max(largest, std::abs(weight));
  // Below the smallest normal number a scale's inverse overflows; such a row is as good as zero.
  if (largest / limit < std::numeric_limits<float>::min()) return 1;
  float best = largest / limit;
  double best_error = squared_error(row, best, limit);
  if (best_error < kExact * static_cast<double>(best) * static_cast<double>(best) * static_cast<double>(row.size())) {
    return best;
  }
  for (const float clip : {0.98f, 0.96f, 0.94f, 0.92f, 0.9f, 0.85f, 0.8f}) {
    const float scale = clip * largest / limit;
    const double error = scale < std::numeric_limits<float>::min() ? best_error : squared_error(row, scale, limit);
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
    for (size_t i = 0; i < length; ++i) {
      matrix.values[r * length + i] = static_cast<int8_t>(rounded(row[i], inverse, limit));
    }
  }
  return matrix;
}

}  // namespace pretag
