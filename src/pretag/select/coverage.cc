#include "pretag/select/coverage.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "pretag/select/distance.h"
#include "pretag/select/parallel.h"

namespace pretag {
namespace {

constexpr size_t kRows = CentrePanels::kRows;
constexpr size_t kWidth = CentrePanels::kWidth;
// So many vectors stay in the second-level cache while the centres stream past them.
constexpr size_t kBlockRows = 256;

// The rows of a block lie anywhere: asked for all at once, they are not waited for one after the other.
void prefetch(const float* row, size_t columns) {
  constexpr size_t kCacheLine = 64 / sizeof(float);
  for (size_t k = 0; k < columns; k += kCacheLine) __builtin_prefetch(row + k);
}

}  // namespace

Coverage::Coverage(const SampleVectors& vectors, int threads)
    : vectors_(vectors),
      threads_(threads),
      centres_(vectors.rows.columns),
      norms_(vectors.rows.rows),
      bound_(vectors.rows.rows, std::numeric_limits<float>::infinity()),
      seen_(vectors.rows.rows, 0) {
  parallel_blocks((norms_.size() + kBlockRows - 1) / kBlockRows, threads, [this](size_t block) {
    for (size_t row = block * kBlockRows; row < std::min(norms_.size(), (block + 1) * kBlockRows); ++row)
      norms_[row] = static_cast<float>(squared_norm(vectors_.rows.row(row), vectors_.rows.columns));
  });
}

void Coverage::select(uint32_t sample) {
  for (uint32_t row = vectors_.begin(sample); row < vectors_.end(sample); ++row) centres_.add(vectors_.rows.row(row));
}

float Coverage::bound(uint32_t sample) const {
  float farthest = 0;
  for (uint32_t row = vectors_.begin(sample); row < vectors_.end(sample); ++row) {
    farthest = std::max(farthest, bound_[row]);
  }
  return farthest;
}

void Coverage::set_row(uint32_t row, float bound, bool exact) {
  bound_[row] = bound;
  if (exact) seen_[row] = static_cast<uint32_t>(centres_.size());
}

// A vector below the floor may stay behind, also where its sample has others above: the sample's distance is the
// largest of them.
void Coverage::refresh(std::span<const uint32_t> samples, std::span<const float> floors) {
  std::vector<Row> rows;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (uint32_t row = vectors_.begin(samples[i]); row < vectors_.end(samples[i]); ++row) {
      if (seen_[row] < centres_.size() && !(bound_[row] < floors[i])) rows.push_back({row, floors[i]});
    }
  }
  refresh_rows(rows);
}

void Coverage::refresh_rows(std::span<const Row> rows) {
  const size_t blocks = (rows.size() + kBlockRows - 1) / kBlockRows;
  parallel_blocks(blocks, threads_, [&](size_t block) {
    const size_t begin = block * kBlockRows;
    refresh_block(rows.subspan(begin, std::min(kBlockRows, rows.size() - begin)));
  });
}

void Coverage::refresh_block(std::span<const Row> rows) {
  size_t first_panel = centres_.panels();
  for (const Row& row : rows) {
    first_panel = std::min(first_panel, seen_[row.index] / kWidth);
    prefetch(vectors_.rows.row(row.index), vectors_.rows.columns);
  }
  for (size_t panel = first_panel; panel < centres_.panels(); ++panel) {
    const size_t panel_end = std::min((panel + 1) * kWidth, centres_.size());
    size_t next = 0;
    while (next < rows.size()) {
      // The next few vectors that have not seen this panel and still matter; the last one fills up what is missing.
      std::array<uint32_t, kRows> taken{};
      std::array<const float*, kRows> points{};
      std::array<float, kRows> thresholds{};
      std::array<uint32_t, kRows> masks{};
      size_t count = 0;
      for (; next < rows.size() && count < kRows; ++next) {
        const auto& [row, floor] = rows[next];
        if (seen_[row] >= panel_end || bound_[row] < floor) continue;
        taken[count] = row;
        points[count] = vectors_.rows.row(row);
        thresholds[count] = centres_.threshold(norms_[row], bound_[row]);
        ++count;
      }
      if (count == 0) break;
      for (size_t i = count; i < kRows; ++i) points[i] = points[0], thresholds[i] = thresholds[0];
      centres_.filter(panel, points, thresholds, masks);
      for (size_t i = 0; i < count; ++i) {
        float& bound = bound_[taken[i]];
        for (uint32_t mask = masks[i]; mask != 0; mask &= mask - 1) {
          const float* centre = centres_.centre(panel * kWidth + static_cast<size_t>(std::countr_zero(mask)));
          bound = std::min(bound, squared_distance(points[i], centre, vectors_.rows.columns));
        }
        seen_[taken[i]] = static_cast<uint32_t>(panel_end);
      }
    }
  }
}

}  // namespace pretag
