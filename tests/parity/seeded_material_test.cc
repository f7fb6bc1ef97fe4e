// The goldens mean nothing unless Python and C++ make the same weights and pictures, bit for bit. The constants are
// what tests/golden/print_seeded_constants.py prints.
#include <gtest/gtest.h>

#include <cstring>

#include "support/counter_hash.h"
#include "support/seeded_images.h"
#include "support/seeded_weights.h"

namespace pretag {
namespace {

// Sum of the values, as unsigned integers of T's size, each times its odd number 2i+1, modulo 2^64.
template <class T>
uint64_t checksum(const void* data, size_t bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(data) + i * sizeof(T), sizeof(T));
    sum += value * (2 * i + 1);
  }
  return sum;
}

uint64_t checksum(const WeightFile& weights) {
  uint64_t sum = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    sum += checksum<uint32_t>(tensor.bytes.data(), tensor.bytes.size()) * (fnv1a(name) | 1);
  }
  return sum;
}

float first_value(const WeightFile& weights, const std::string& name) {
  float value;
  std::memcpy(&value, weights.tensors().at(name).bytes.data(), sizeof(value));
  return value;
}

TEST(SeededMaterialTest, HashesAreThoseOfPython) {
  EXPECT_EQ(fnv1a("backbone.body.conv1.weight"), 0x98C9F18C3281A059);
  EXPECT_EQ(counter_hash(fnv1a("a"), 7), 0xA9B0700ECE9CC85C);
}

TEST(SeededMaterialTest, WeightsAreThoseOfPython) {
  const auto weights = make_seeded_weights({});
  EXPECT_EQ(first_value(*weights, "backbone.body.conv1.weight"), -0x1.38f33ep-7f);
  EXPECT_EQ(first_value(*weights, "backbone.body.layer1.0.bn3.running_var"), 0x1.1d21aep+0f);
  EXPECT_EQ(first_value(*weights, "backbone.body.layer4.0.downsample.1.weight"), 0x1.4eb0e2p+0f);
  EXPECT_EQ(first_value(*weights, "rpn.head.bbox_pred.bias"), 0x1.8562a4p-5f);
  EXPECT_EQ(weights->tensors().size(), 295u);
  EXPECT_EQ(checksum(*weights), 0xC7CA4247BEA09EA9);
}

TEST(SeededMaterialTest, WeightsOfNinetyOneClassesAreThoseOfPython) {
  SeededModel model;
  model.classes = 91;
  const auto weights = make_seeded_weights(model);
  EXPECT_EQ(first_value(*weights, "roi_heads.box_predictor.cls_score.weight"), 0x1.2e285ap-4f);
  EXPECT_EQ(checksum(*weights), 0xC3AD195FD0F319C6);
}

TEST(SeededMaterialTest, PicturesAreThoseOfPython) {
  const auto sum = [](const Image& image) { return checksum<uint8_t>(image.rgb.data(), image.rgb.size()); };
  EXPECT_EQ(sum(make_seeded_image(33, 47, 1)), 0x00000000AB11A6C5);
  EXPECT_EQ(sum(make_seeded_image(500, 120, 2)), 0x000003F26A634A79);
  EXPECT_EQ(sum(make_seeded_image(320, 240, 7)), 0x000005968434F1CA);
}

}  // namespace
}  // namespace pretag
