#include "pretag/detect/embedding.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "pretag/nn/feature_ops.h"

namespace pretag {
namespace {

// Sebastiano Vigna's splitmix64: a good bit mixer with no state of its own.
uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

Embedding image_embedding(const Tensor& c5, NetSize size) {
  constexpr int kStride = 32;
  const std::vector<float> pooled =
      average_pool(c5, (size.height + kStride - 1) / kStride, (size.width + kStride - 1) / kStride);
  std::vector<double> projected(kEmbeddingSize);
  for (size_t c = 0; c < pooled.size(); ++c) {
    for (size_t word = 0; word < kEmbeddingSize / 64; ++word) {
      const uint64_t signs = splitmix64(c * (kEmbeddingSize / 64) + word);
      for (size_t bit = 0; bit < 64; ++bit) {
        projected[word * 64 + bit] += signs >> bit & 1 ? pooled[c] : -pooled[c];
      }
    }
  }
  double square = 0;
  for (const double value : projected) square += value * value;
  const double scale = square > 0 ? 1.0 / std::sqrt(square) : 0.0;
  Embedding embedding(kEmbeddingSize);
  for (size_t i = 0; i < embedding.size(); ++i) embedding[i] = static_cast<float>(projected[i] * scale);
  return embedding;
}

}  // namespace pretag
