#include "pretag/detect/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pretag/nn/compute_context.h"
#include "pretag/nn/feature_ops.h"

namespace pretag {
namespace {

// Small multiples of 1/8, zeros among them: exact in bfloat16 too.
std::vector<float> made_up_features(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = std::max(0.0f, static_cast<float>(random() % 32) / 8 - 1);
  return values;
}

uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// As documented, one value at a time.
Embedding plain_projection(const std::vector<float>& features) {
  std::vector<double> sums(kEmbeddingSize);
  double square = 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    for (size_t c = 0; c < features.size(); ++c) {
      const bool plus = (splitmix64(2 * c + i / 64) >> i % 64 & 1) != 0;
      sums[i] += plus ? features[c] : -features[c];
    }
    square += sums[i] * sums[i];
  }
  Embedding embedding;
  for (const double sum : sums) embedding.push_back(static_cast<float>(sum * (1 / std::sqrt(square))));
  return embedding;
}

// A RoI a column, in the given format.
Tensor columns(ComputeContext& context, ComputeFormat format, const std::vector<std::vector<float>>& rois) {
  const size_t channels = rois.front().size();
  std::vector<float> values(channels * rois.size());
  for (size_t roi = 0; roi < rois.size(); ++roi) {
    for (size_t c = 0; c < channels; ++c) values[c * rois.size() + roi] = rois[roi][c];
  }
  return from_nchw(context.arena(), format, static_cast<int>(channels), 1, static_cast<int>(rois.size()),
                   values.data());
}

constexpr ComputeFormat kFormats[] = {
    {ElementType::kFloat32, 16}, {ElementType::kFloat32, 8}, {ElementType::kBFloat16, 0}};

TEST(ObjectEmbeddings, AreTheProjectionsOfTheirColumns) {
  ComputeContext context;
  std::vector<std::vector<float>> rois;
  for (uint32_t roi = 0; roi < 5; ++roi) rois.push_back(made_up_features(1024, roi));
  for (const ComputeFormat& format : kFormats) {
    const auto embeddings = object_embeddings(columns(context, format, rois), std::vector<int>{3, 0, 3});
    ASSERT_EQ(embeddings.size(), 3u);
    EXPECT_EQ(embeddings[0], plain_projection(rois[3]));
    EXPECT_EQ(embeddings[1], plain_projection(rois[0]));
    EXPECT_EQ(embeddings[2], embeddings[0]);
  }
}

TEST(ObjectEmbeddings, OfNoObjectAreNone) {
  ComputeContext context;
  EXPECT_TRUE(object_embeddings(columns(context, kFormats[0], {made_up_features(1024, 1)}), {}).empty());
}

TEST(ObjectEmbeddings, OfZerosAreZeros) {
  ComputeContext context;
  const auto embeddings =
      object_embeddings(columns(context, kFormats[0], {std::vector<float>(1024)}), std::vector<int>{0});
  EXPECT_EQ(embeddings[0], Embedding(kEmbeddingSize, 0.0f));
}

TEST(ObjectEmbeddings, KeepTheirAngles) {
  ComputeContext context;
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> a(1024), b(1024);
  for (size_t c = 0; c < a.size(); ++c) a[c] = normal(random), b[c] = 0.6f * a[c] + 0.8f * normal(random);
  const auto embeddings = object_embeddings(columns(context, kFormats[0], {a, b}), std::vector<int>{0, 1});
  double wanted = 0, square_a = 0, square_b = 0, got = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    wanted += a[c] * b[c];
    square_a += a[c] * a[c];
    square_b += b[c] * b[c];
  }
  for (size_t i = 0; i < kEmbeddingSize; ++i) got += embeddings[0][i] * embeddings[1][i];
  // The error of a projection to 128 dimensions is about 1 / sqrt(128) times sin^2 of the angle.
  EXPECT_NEAR(got, wanted / std::sqrt(square_a * square_b), 0.2);
}

TEST(ImageEmbedding, IsTheProjectionOfTheMeanOverThePicture) {
  ComputeContext context;
  constexpr int kChannels = 2048, kHeight = 2, kWidth = 4;
  const std::vector<float> values = made_up_features(kChannels * kHeight * kWidth, 3);
  // 33 x 70 network pixels: 2 x 3 cells of 32 x 32; the last column is padding.
  std::vector<float> mean(kChannels);
  for (size_t c = 0; c < kChannels; ++c) {
    double sum = 0;
    for (size_t y = 0; y < 2; ++y) {
      for (size_t x = 0; x < 3; ++x) sum += values[(c * kHeight + y) * kWidth + x];
    }
    mean[c] = static_cast<float>(sum / 6);
  }
  for (const ComputeFormat& format : kFormats) {
    const Tensor c5 = from_nchw(context.arena(), format, kChannels, kHeight, kWidth, values.data());
    EXPECT_EQ(image_embedding(c5, {.height = 33, .width = 70}), plain_projection(mean));
  }
}

}  // namespace
}  // namespace pretag
