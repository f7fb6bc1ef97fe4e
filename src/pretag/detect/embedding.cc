#include "pretag/detect/embedding.h"

#include <cmath>
#include <cstdint>

#include "pretag/nn/elements.h"
#include "pretag/nn/feature_ops.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// Sebastiano Vigna's splitmix64: a good bit mixer with no state of its own.
PRETAG_INLINE uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// sums (vectors x kEmbeddingSize) += features (vectors x channels) times the signs (channels x kEmbeddingSize), in
// order of the channels. A product with a sign is exact, so a fused multiply-add changes nothing.
PRETAG_MULTIVERSION void add_projected(const float* features, size_t vectors, size_t channels, double* sums) {
  for (size_t c = 0; c < channels; ++c) {
    double signs[kEmbeddingSize];
    for (size_t word = 0; word < kEmbeddingSize / 64; ++word) {
      const uint64_t bits = splitmix64(c * (kEmbeddingSize / 64) + word);
      for (size_t bit = 0; bit < 64; ++bit) signs[word * 64 + bit] = bits >> bit & 1 ? 1.0 : -1.0;
    }
    for (size_t v = 0; v < vectors; ++v) {
      const double feature = features[v * channels + c];
      for (size_t i = 0; i < kEmbeddingSize; ++i) sums[v * kEmbeddingSize + i] += feature * signs[i];
    }
  }
}

Embedding unit_length(std::span<const double> values) {
  double square = 0;
  for (const double value : values) square += value * value;
  const double scale = square > 0 ? 1.0 / std::sqrt(square) : 0.0;
  Embedding embedding(values.size());
  for (size_t i = 0; i < embedding.size(); ++i) embedding[i] = static_cast<float>(values[i] * scale);
  return embedding;
}

// `features`: one vector after the other.
std::vector<Embedding> project(const std::vector<float>& features, size_t channels) {
  const size_t vectors = features.size() / channels;
  std::vector<double> sums(vectors * kEmbeddingSize);
  add_projected(features.data(), vectors, channels, sums.data());
  std::vector<Embedding> embeddings;
  for (size_t v = 0; v < vectors; ++v)
    embeddings.push_back(unit_length(std::span(sums).subspan(v * kEmbeddingSize, kEmbeddingSize)));
  return embeddings;
}

std::vector<float> columns_of(const Tensor& tensor, std::span<const int> columns) {
  const int channels = tensor.channels(), block = tensor.block();
  std::vector<float> values;
  values.reserve(columns.size() * static_cast<size_t>(channels));
  visit_elements(tensor, [&](const auto* data) {
    for (const int column : columns) {
      for (int c = 0; c < channels; ++c) {
        const size_t offset = tensor.plane() * (c / block) + static_cast<size_t>(column) * block + c % block;
        values.push_back(to_float(data[offset]) * tensor.format().scale);
      }
    }
  });
  return values;
}

}  // namespace

Embedding image_embedding(const Tensor& c5, NetSize size) {
  constexpr int kStride = 32;
  const std::vector<float> pooled =
      average_pool(c5, (size.height + kStride - 1) / kStride, (size.width + kStride - 1) / kStride);
  return std::move(project(pooled, pooled.size()).front());
}

std::vector<Embedding> object_embeddings(const Tensor& representations, std::span<const int> rois) {
  return project(columns_of(representations, rois), static_cast<size_t>(representations.channels()));
}

}  // namespace pretag
