#include "pretag/store/object_embeddings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace pretag {
namespace {

Embedding unit_embedding(size_t columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(columns);
  double square = 0;
  for (double& value : values) value = normal(random), square += value * value;
  Embedding embedding;
  for (const double value : values) embedding.push_back(static_cast<float>(value / std::sqrt(square)));
  return embedding;
}

Detection detection_with(Embedding embedding) {
  return {.box_in_image = {0, 0, 1, 1},
          .label = "car",
          .score = 0.5f,
          .probabilities = {},
          .embedding = std::move(embedding)};
}

std::vector<float> round_trip(const std::vector<Detection>& detections) {
  const EmbeddingsBlob blob = encode_object_embeddings(detections);
  const auto values = decode_object_embeddings(blob.columns, blob.bytes);
  EXPECT_TRUE(values.ok());
  return values.ok() ? *values : std::vector<float>{};
}

TEST(ObjectEmbeddings, KeepTheirDirectionAndHaveUnitLength) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const Embedding written = unit_embedding(128, seed);
    const std::vector<float> read = round_trip({detection_with(written)});
    ASSERT_EQ(read.size(), written.size());
    const float largest = std::abs(*std::ranges::max_element(written, {}, [](float value) { return std::abs(value); }));
    double square = 0;
    for (size_t i = 0; i < read.size(); ++i) {
      EXPECT_NEAR(read[i], written[i], largest / 200);
      square += static_cast<double>(read[i]) * read[i];
    }
    EXPECT_NEAR(square, 1, 1e-6);
  }
}

TEST(ObjectEmbeddings, ComeBackInTheOrderOfTheDetections) {
  std::vector<Detection> detections;
  for (uint32_t i = 0; i < 3; ++i) detections.push_back(detection_with(unit_embedding(16, i)));
  const std::vector<float> read = round_trip(detections);
  ASSERT_EQ(read.size(), 3u * 16);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(read[16 * i + 5], detections[i].embedding[5], 0.01);
}

TEST(ObjectEmbeddings, TakeAByteAValue) {
  const std::vector<Detection> detections(20, detection_with(unit_embedding(128, 1)));
  EXPECT_EQ(encode_object_embeddings(detections).bytes.size(), 20u * 128);
}

TEST(ObjectEmbeddings, AreKeptOfAllDetectionsThatHaveThem) {
  const std::vector<Detection> detections(1000, detection_with(unit_embedding(8, 1)));
  EXPECT_EQ(round_trip(detections).size(), 8000u);
}

TEST(ObjectEmbeddings, EndWhereADetectionHasNoneOfTheSameSize) {
  const Detection eight = detection_with(unit_embedding(8, 1)), none = detection_with({}),
                  four = detection_with(unit_embedding(4, 1));
  EXPECT_EQ(round_trip({eight, eight, none, eight}).size(), 16u);
  EXPECT_EQ(round_trip({eight, four}).size(), 8u);
  EXPECT_TRUE(encode_object_embeddings(std::vector{none, eight}).bytes.empty());
  EXPECT_TRUE(encode_object_embeddings({}).bytes.empty());
}

TEST(ObjectEmbeddings, AreNumbersWhateverWasRecorded) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
  for (const Embedding& odd : {Embedding{0, 0, 0}, {kNan, 1, 0}, {kInf, 1, 0}, {1e-40f, -1e-40f, 0}}) {
    for (const float value : round_trip({detection_with(odd)})) EXPECT_TRUE(std::isfinite(value));
  }
  EXPECT_EQ(round_trip({detection_with({0, 0, 0})}), (std::vector<float>{0, 0, 0}));
}

TEST(ObjectEmbeddings, OfAnotherSizeThanTheySayAreCorrupt) {
  const std::vector<std::byte> bytes(64, std::byte{1});
  EXPECT_TRUE(decode_object_embeddings(16, bytes).ok());
  for (const int64_t columns : {int64_t{0}, int64_t{-16}, int64_t{63}, int64_t{128}, INT64_MIN, INT64_MAX}) {
    const auto values = decode_object_embeddings(columns, bytes);
    ASSERT_FALSE(values.ok()) << columns;
    EXPECT_EQ(values.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(decode_object_embeddings(8, {}).ok());
}

}  // namespace
}  // namespace pretag
