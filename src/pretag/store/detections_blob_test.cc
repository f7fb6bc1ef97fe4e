#include "pretag/store/detections_blob.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pretag {
namespace {

const std::vector<std::string> kLabels = {"car", "person"};

Result<uint16_t> number_of(const std::string& label) { return static_cast<uint16_t>(label == "car" ? 0 : 1); }

std::vector<Detection> two_detections() {
  return {{{0.1f, -2.5f, 1e-7f, 4000.25f}, "person", 0.123456789f, {0.5f, 0.25f, 0.25f}},
          {{1, 2, 3, 4}, "car", 1.0f, {}}};
}

TEST(DetectionsBlob, KeepsBoxesLabelsAndScoresExactly) {
  const auto written = two_detections();
  const auto read = decode_detections(*encode_detections(written, number_of), kLabels);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].box_in_image, written[i].box_in_image);
    EXPECT_EQ((*read)[i].label, written[i].label);
    EXPECT_EQ((*read)[i].score, written[i].score);
    EXPECT_EQ((*read)[i].probabilities.size(), written[i].probabilities.size());
  }
}

TEST(DetectionsBlob, ProbabilitiesAreOffByLessThanOnePartIn131000) {
  Detection detection{{0, 0, 1, 1}, "car", 0.5f, {}};
  for (int i = 0; i <= 1000; ++i) detection.probabilities.push_back(static_cast<float>(i) / 1000);
  const auto read = decode_detections(*encode_detections({detection}, number_of), kLabels);
  ASSERT_TRUE(read.ok());
  for (size_t i = 0; i <= 1000; ++i) {
    EXPECT_NEAR((*read)[0].probabilities[i], detection.probabilities[i], 1.0 / 131000);
  }
  EXPECT_EQ((*read)[0].probabilities.front(), 0.0f);
  EXPECT_EQ((*read)[0].probabilities.back(), 1.0f);
}

TEST(DetectionsBlob, ProbabilitiesOutsideTheirRangeAreClipped) {
  const Detection detection{{0, 0, 1, 1}, "car", 0.5f, {-1, 2, std::numeric_limits<float>::quiet_NaN()}};
  const auto read = decode_detections(*encode_detections({detection}, number_of), kLabels);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].probabilities, (std::vector<float>{0, 1, 0}));
}

TEST(DetectionsBlob, EveryTruncationIsAnErrorOrWholeDetections) {
  const auto blob = encode_detections(two_detections(), number_of);
  ASSERT_EQ(blob->size(), 24u + 3 * 2 + 24);
  for (size_t size = 0; size <= blob->size(); ++size) {
    const auto read = decode_detections(std::span(*blob).first(size), kLabels);
    const bool whole = size == 0 || size == 30 || size == 54;
    EXPECT_EQ(read.ok(), whole) << size;
  }
}

TEST(DetectionsBlob, AnUnknownLabelNumberIsCorrupt) {
  const auto blob = encode_detections(two_detections(), number_of);
  const auto read = decode_detections(*blob, std::span(kLabels).first(1));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
}

TEST(DetectionsBlob, EmbeddingsComeBackBitForBit) {
  const std::vector<float> embedding = {1.0f / 3, -0.0f, std::numeric_limits<float>::denorm_min()};
  const auto read = decode_embedding(encode_embedding(embedding));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, embedding);
  EXPECT_TRUE(std::signbit((*read)[1]));
  EXPECT_FALSE(decode_embedding(encode_embedding(embedding).first(11)).ok());
}

}  // namespace
}  // namespace pretag
