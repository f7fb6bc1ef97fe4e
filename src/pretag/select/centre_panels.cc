#include "pretag/select/centre_panels.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

constexpr size_t kWidth = CentrePanels::kWidth;
constexpr size_t kRows = CentrePanels::kRows;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Lanes = float __attribute__((vector_size(kWidth * sizeof(float))));
using LaneFlags = int32_t __attribute__((vector_size(kWidth * sizeof(int32_t))));

PRETAG_INLINE uint32_t mask_of(const LaneFlags& flags) {
  uint64_t pairs[kWidth / 2];
  std::memcpy(pairs, &flags, sizeof(flags));
  uint64_t any = 0;
  for (const uint64_t pair : pairs) any |= pair;
  if (any == 0) return 0;  // by far the most frequent case
  int32_t lanes[kWidth];
  std::memcpy(lanes, &flags, sizeof(flags));
  uint32_t mask = 0;
  for (size_t c = 0; c < kWidth; ++c) mask |= lanes[c] != 0 ? 1u << c : 0u;
  return mask;
}

PRETAG_MULTIVERSION void filter_panel(const float* panel, size_t columns, const float* const* rows,
                                      const float* thresholds, uint32_t* masks) {
  const float *row0 = rows[0], *row1 = rows[1], *row2 = rows[2], *row3 = rows[3], *row4 = rows[4], *row5 = rows[5];
  Lanes sum0, centres;
  std::memcpy(&sum0, panel, sizeof(Lanes));
  Lanes sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0;
  for (size_t k = 0; k < columns; ++k) {
    std::memcpy(&centres, panel + (1 + k) * kWidth, sizeof(Lanes));
    sum0 += row0[k] * centres;
    sum1 += row1[k] * centres;
    sum2 += row2[k] * centres;
    sum3 += row3[k] * centres;
    sum4 += row4[k] * centres;
    sum5 += row5[k] * centres;
  }
  masks[0] = mask_of(sum0 > thresholds[0]);
  masks[1] = mask_of(sum1 > thresholds[1]);
  masks[2] = mask_of(sum2 > thresholds[2]);
  masks[3] = mask_of(sum3 > thresholds[3]);
  masks[4] = mask_of(sum4 > thresholds[4]);
  masks[5] = mask_of(sum5 > thresholds[5]);
}

}  // namespace

void CentrePanels::Free::operator()(float* memory) const { std::free(memory); }

// A sum of n products in float32 is off by at most n u times the sum of their sizes, u = 2^-24, in any order (Higham,
// Accuracy and Stability of Numerical Algorithms, 2002, §4.2). Twice that for x·c, 2 |x||c| <= |x|^2 + |c|^2, and the
// errors of squared_distance(), of h and of t, all fit below (4 n + 64) u times |x|^2 + |c|^2.
CentrePanels::CentrePanels(size_t columns)
    : columns_(columns), slack_((4 * static_cast<double>(columns) + 64) * std::ldexp(1.0, -24)) {}

void CentrePanels::clear() {
  count_ = 0;
  centres_.clear();
  panels_.clear();
}

void CentrePanels::add(const float* centre) {
  if (count_ % kWidth == 0) {
    const size_t floats = (1 + columns_) * kWidth;
    auto* memory = static_cast<float*>(std::aligned_alloc(sizeof(Lanes), floats * sizeof(float)));
    if (memory == nullptr) throw std::bad_alloc();
    panels_.emplace_back(memory);
    std::memset(memory, 0, floats * sizeof(float));
    for (size_t c = 0; c < kWidth; ++c) memory[c] = -kInfinity;  // lanes without a centre never pass
  }
  float* panel = panels_.back().get();
  const size_t lane = count_ % kWidth;
  panel[lane] = -static_cast<float>(squared_norm(centre, columns_) * (1 - slack_) / 2);
  for (size_t k = 0; k < columns_; ++k) panel[(1 + k) * kWidth + lane] = centre[k];
  centres_.insert(centres_.end(), centre, centre + columns_);
  ++count_;
}

float CentrePanels::threshold(double squared_norm, float bound) const {
  return static_cast<float>((squared_norm * (1 - slack_) - static_cast<double>(bound)) / 2);
}

void CentrePanels::filter(size_t panel, const std::array<const float*, kRows>& rows,
                          const std::array<float, kRows>& thresholds, std::array<uint32_t, kRows>& masks) const {
  filter_panel(panels_[panel].get(), columns_, rows.data(), thresholds.data(), masks.data());
}

double squared_norm(const float* row, size_t columns) {
  double sum = 0;
  for (size_t k = 0; k < columns; ++k) sum += static_cast<double>(row[k]) * static_cast<double>(row[k]);
  return sum;
}

}  // namespace pretag
