// The most similar pairs among the embeddings seen so far.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "pretag/report/embedding_rows.h"
#include "pretag/report/embedding_statistics.h"

namespace pretag {

// Compares each image with those just before it in the order of names, where the next frames of a video and other
// series lie, and all images of a sample with one another. Not thread-safe.
class SimilarPairs {
 public:
  explicit SimilarPairs(size_t most) : most_(most) {}

  void add(const std::string& filename, std::span<const float> embedding);
  void add_all_pairs_of(const EmbeddingRows& rows);
  // The most similar first. Who is selected is for the caller to say.
  const std::vector<SimilarPair>& pairs() const { return pairs_; }

 private:
  void consider(const std::string& first, const std::string& second, double distance);

  size_t most_;
  EmbeddingRows before_;  // a ring of the images just before
  size_t oldest_ = 0;     // in the ring
  std::vector<SimilarPair> pairs_;
};

}  // namespace pretag
