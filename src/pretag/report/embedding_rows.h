// Embeddings of some images, as rows of one matrix.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pretag {

struct EmbeddingRows {
  size_t dimension = 0;
  std::vector<std::string> filenames;  // a row
  std::vector<float> values;           // filenames.size() * dimension

  size_t size() const { return filenames.size(); }
  std::span<const float> row(size_t i) const { return {values.data() + i * dimension, dimension}; }
  void add(const std::string& filename, std::span<const float> embedding);
  // `count` of the rows, or all, in order; which, as if by chance.
  EmbeddingRows spread(size_t count) const;
};

// Euclidean; both of the same length. The same bits on every processor.
double distance_between(std::span<const float> a, std::span<const float> b);

struct NearestRow {
  size_t row = 0;
  double distance = 0;
};
// `rows` must not be empty. The first one of several at the same distance.
NearestRow nearest_row(std::span<const float> embedding, const EmbeddingRows& rows);

// A sample of a stream of embeddings, as if by chance, with at most twice `capacity` rows in memory at any time; the
// result depends on the order of the stream alone. Everything, where the stream is no longer than that.
class EmbeddingSample {
 public:
  explicit EmbeddingSample(size_t capacity) : capacity_(capacity) {}

  void add(const std::string& filename, std::span<const float> embedding);
  const EmbeddingRows& rows() const { return rows_; }
  // False once rows were left out.
  bool is_complete() const { return stride_ == 1; }

 private:
  void halve();

  size_t capacity_;
  uint64_t seen_ = 0, stride_ = 1;
  std::vector<uint64_t> indices_;  // of each row, in the stream
  EmbeddingRows rows_;
};

}  // namespace pretag
