#include "pretag/report/embedding_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

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
  EmbeddingRows some;
  for (size_t i = 0; i < count; ++i) {
    const size_t from = i * size() / count;
    some.add(filenames[from], row(from));
  }
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
  if (seen_++ % stride_ != 0) return;
  rows_.add(filename, embedding);
  if (rows_.size() < 2 * capacity_) return;
  // The even rows are those of the doubled stride.
  const size_t kept = (rows_.size() + 1) / 2, dimension = rows_.dimension;
  for (size_t i = 1; i < kept; ++i) {
    rows_.filenames[i] = std::move(rows_.filenames[2 * i]);
    std::copy_n(rows_.values.begin() + static_cast<std::ptrdiff_t>(2 * i * dimension), dimension,
                rows_.values.begin() + static_cast<std::ptrdiff_t>(i * dimension));
  }
  rows_.filenames.resize(kept);
  rows_.values.resize(kept * dimension);
  stride_ *= 2;
}

}  // namespace pretag
