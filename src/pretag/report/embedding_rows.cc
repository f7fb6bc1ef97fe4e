#include "pretag/report/embedding_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "pretag/report/scattered.h"

namespace pretag {
namespace {

// Several sums side by side: the compiler may keep them in one vector register without changing the result.
double squared_distance(std::span<const float> a, std::span<const float> b) {
  constexpr size_t kLanes = 8;
  std::array<float, kLanes> sums = {};
  size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float difference = a[i + lane] - b[i + lane];
      sums[lane] += difference * difference;
    }
  }
  double total = 0;
  for (const float sum : sums) total += static_cast<double>(sum);
  for (; i < a.size(); ++i) total += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
  return total;
}

}  // namespace

void EmbeddingRows::add(const std::string& filename, std::span<const float> embedding) {
  if (filenames.empty()) dimension = embedding.size();
  filenames.push_back(filename);
  values.insert(values.end(), embedding.begin(), embedding.end());
}

EmbeddingRows EmbeddingRows::spread(size_t count) const {
  if (count >= size()) return *this;
  std::vector<size_t> chosen(size());
  std::iota(chosen.begin(), chosen.end(), size_t{0});
  std::ranges::nth_element(chosen, chosen.begin() + static_cast<std::ptrdiff_t>(count), {}, scattered);
  chosen.resize(count);
  std::ranges::sort(chosen);
  EmbeddingRows some;
  for (const size_t i : chosen) some.add(filenames[i], row(i));
  return some;
}

double distance_between(std::span<const float> a, std::span<const float> b) {
  return std::sqrt(squared_distance(a, b));
}

NearestRow nearest_row(std::span<const float> embedding, const EmbeddingRows& rows) {
  NearestRow nearest{0, squared_distance(embedding, rows.row(0))};
  for (size_t i = 1; i < rows.size(); ++i) {
    const double squared = squared_distance(embedding, rows.row(i));
    if (squared < nearest.distance) nearest = {i, squared};
  }
  nearest.distance = std::sqrt(nearest.distance);
  return nearest;
}

void EmbeddingSample::add(const std::string& filename, std::span<const float> embedding) {
  const uint64_t index = seen_++;
  if (scattered(index) % stride_ != 0) return;
  rows_.add(filename, embedding);
  indices_.push_back(index);
  while (rows_.size() >= 2 * capacity_) halve();
}

void EmbeddingSample::halve() {
  stride_ *= 2;
  const size_t dimension = rows_.dimension;
  size_t kept = 0;
  for (size_t i = 0; i < indices_.size(); ++i) {
    if (scattered(indices_[i]) % stride_ != 0) continue;
    if (kept != i) {
      indices_[kept] = indices_[i];
      rows_.filenames[kept] = std::move(rows_.filenames[i]);
      std::copy_n(rows_.values.begin() + static_cast<std::ptrdiff_t>(i * dimension), dimension,
                  rows_.values.begin() + static_cast<std::ptrdiff_t>(kept * dimension));
    }
    ++kept;
  }
  indices_.resize(kept);
  rows_.filenames.resize(kept);
  rows_.values.resize(kept * dimension);
}

}  // namespace pretag
