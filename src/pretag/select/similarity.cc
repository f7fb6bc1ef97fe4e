#include "pretag/select/similarity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pretag/select/distance.h"
#include "pretag/select/parallel.h"

namespace pretag {

std::vector<double> similarity(const SampleVectors& samples, const MatrixView& query, int threads) {
  // So many rows stay in the cache while the query streams past them.
  constexpr size_t kBlockRows = 1024;
  const MatrixView& rows = samples.rows;
  std::vector<float> bounds(rows.rows, std::numeric_limits<float>::infinity());
  parallel_blocks((rows.rows + kBlockRows - 1) / kBlockRows, threads, [&](size_t block) {
    const size_t begin = block * kBlockRows, count = std::min(kBlockRows, rows.rows - begin);
    for (size_t q = 0; q < query.rows; ++q) {
      lower_bounds(rows.row(begin), count, rows.stride, rows.columns, query.row(q), bounds.data() + begin);
    }
  });

  std::vector<double> similarities(samples.samples());
  for (uint32_t sample = 0; sample < similarities.size(); ++sample) {
    for (uint32_t row = samples.begin(sample); row < samples.end(sample); ++row) {
      const double distance = std::sqrt(static_cast<double>(bounds[row]));
      similarities[sample] = std::max(similarities[sample], 1 - distance / 2);
    }
  }
  return similarities;
}

}  // namespace pretag
