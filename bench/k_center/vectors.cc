#include "vectors.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "pretag/select/parallel.h"

namespace pretag {
namespace {

constexpr size_t kGroups = 4000, kDirections = 8;
constexpr size_t kBlockRows = 4096;  // each block has a random sequence of its own

using Random = std::mt19937_64;

void fill_normal(Random& random, float scale, float* row, size_t columns) {
  std::normal_distribution<float> normal(0, scale);
  for (size_t k = 0; k < columns; ++k) row[k] = normal(random);
}

void scale_to_unit_length(float* row, size_t columns) {
  double square = 0;
  for (size_t k = 0; k < columns; ++k) square += static_cast<double>(row[k]) * static_cast<double>(row[k]);
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (size_t k = 0; k < columns; ++k) row[k] *= scale;
}

template <class FillRow>
std::vector<float> unit_vectors(size_t rows, size_t columns, int threads, const FillRow& fill_row) {
  std::vector<float> values(rows * columns);
  parallel_blocks((rows + kBlockRows - 1) / kBlockRows, threads, [&](size_t block) {
    Random random(block + 1);
    for (size_t row = block * kBlockRows; row < std::min(rows, (block + 1) * kBlockRows); ++row) {
      fill_row(random, values.data() + row * columns);
      scale_to_unit_length(values.data() + row * columns, columns);
    }
  });
  return values;
}

}  // namespace

std::vector<float> grouped_vectors(size_t rows, size_t columns, int threads) {
  // Of every group: its middle, then its directions; all about as long as the square root of `columns`.
  const size_t group_size = (1 + kDirections) * columns;
  std::vector<float> groups(kGroups * group_size);
  Random shapes(0);
  fill_normal(shapes, 1, groups.data(), groups.size());
  return unit_vectors(rows, columns, threads, [&](Random& random, float* row) {
    // Zipf's law, roughly: the largest group is some thousand times as large as the smallest.
    const double uniform = std::uniform_real_distribution<double>(0, 1)(random);
    const auto group = static_cast<size_t>(std::pow(static_cast<double>(kGroups), uniform)) - 1;
    const float* middle = groups.data() + std::min(group, kGroups - 1) * group_size;
    fill_normal(random, 0.15f, row, columns);
    std::normal_distribution<float> along(0, 0.25f);
    for (size_t k = 0; k < columns; ++k) row[k] += middle[k];
    for (size_t d = 1; d <= kDirections; ++d) {
      const float far = along(random);
      for (size_t k = 0; k < columns; ++k) row[k] += far * middle[d * columns + k];
    }
  });
}

std::vector<float> uniform_vectors(size_t rows, size_t columns, int threads) {
  return unit_vectors(rows, columns, threads,
                      [columns](Random& random, float* row) { fill_normal(random, 1, row, columns); });
}

}  // namespace pretag
