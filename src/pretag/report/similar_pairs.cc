#include "pretag/report/similar_pairs.h"

#include <algorithm>
#include <tuple>

namespace pretag {
namespace {

constexpr size_t kNeighbours = 4;
// Equal images have equal embeddings: they are duplicates, which have a list of their own.
constexpr double kEqual = 1e-6;

bool comes_before(const SimilarPair& a, const SimilarPair& b) {
  return std::tie(a.distance, a.first, a.second) < std::tie(b.distance, b.first, b.second);
}

}  // namespace

void SimilarPairs::consider(const std::string& first, const std::string& second, double distance) {
  if (distance <= kEqual || (pairs_.size() == most_ && distance > pairs_.back().distance)) return;
  SimilarPair pair{std::min(first, second), std::max(first, second), distance};
  const auto place = std::ranges::lower_bound(pairs_, pair, comes_before);
  if (place != pairs_.end() && place->first == pair.first && place->second == pair.second) return;
  pairs_.insert(place, std::move(pair));
  if (pairs_.size() > most_) pairs_.pop_back();
}

void SimilarPairs::add(const std::string& filename, std::span<const float> embedding) {
  for (size_t i = 0; i < before_.size(); ++i)
    consider(before_.filenames[i], filename, distance_between(before_.row(i), embedding));
  if (before_.size() < kNeighbours) {
    before_.add(filename, embedding);
    return;
  }
  before_.filenames[oldest_] = filename;
  std::ranges::copy(embedding, before_.values.begin() + static_cast<std::ptrdiff_t>(oldest_ * before_.dimension));
  oldest_ = (oldest_ + 1) % kNeighbours;
}

void SimilarPairs::add_all_pairs_of(const EmbeddingRows& rows) {
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j)
      consider(rows.filenames[i], rows.filenames[j], distance_between(rows.row(i), rows.row(j)));
}

}  // namespace pretag
