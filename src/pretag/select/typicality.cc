#include "pretag/select/typicality.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pretag/select/chance.h"
#include "pretag/select/distance.h"
#include "pretag/select/parallel.h"

namespace pretag {
namespace {

std::vector<uint32_t> draw_references(size_t rows, uint64_t seed) {
  std::vector<uint32_t> references(rows);
  std::iota(references.begin(), references.end(), 0u);
  if (rows <= kTypicalityReferences) return references;
  std::ranges::nth_element(references, references.begin() + kTypicalityReferences, {},
                           [&](uint32_t row) { return chance(seed, row); });
  references.resize(kTypicalityReferences);
  std::ranges::sort(references);
  return references;
}

// Mean distance from `row` to its nearest references; `nearest` is scratch.
double mean_distance(const MatrixView& rows, uint32_t row, std::span<const uint32_t> references, size_t neighbors,
                     std::vector<float>& nearest) {
  nearest.clear();
  for (const uint32_t other : references) {
    if (other != row) nearest.push_back(squared_distance(rows.row(row), rows.row(other), rows.columns));
  }
  const size_t count = std::min(neighbors, nearest.size());
  if (count == 0) return 0;
  std::ranges::nth_element(nearest, nearest.begin() + static_cast<ptrdiff_t>(count - 1));
  std::sort(nearest.begin(), nearest.begin() + static_cast<ptrdiff_t>(count));  // one order, so one sum
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += std::sqrt(static_cast<double>(nearest[i]));
  return sum / static_cast<double>(count);
}

}  // namespace

std::vector<double> typicality(const SampleVectors& samples, size_t neighbors, uint64_t seed, int threads) {
  const MatrixView& rows = samples.rows;
  const std::vector<uint32_t> references = draw_references(rows.rows, seed);
  constexpr size_t kBlockSamples = 64;
  std::vector<double> values(samples.samples());
  parallel_blocks((values.size() + kBlockSamples - 1) / kBlockSamples, threads, [&](size_t block) {
    std::vector<float> nearest;
    const size_t end = std::min(values.size(), (block + 1) * kBlockSamples);
    for (size_t sample = block * kBlockSamples; sample < end; ++sample) {
      const auto index = static_cast<uint32_t>(sample);
      const uint32_t vectors = samples.end(index) - samples.begin(index);
      for (uint32_t row = samples.begin(index); row < samples.end(index); ++row) {
        values[sample] += 1 / (1 + mean_distance(rows, row, references, neighbors, nearest)) / vectors;
      }
    }
  });
  return values;
}

}  // namespace pretag
