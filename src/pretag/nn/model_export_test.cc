#include "pretag/nn/model_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pretag/nn/quantize.h"
#include "support/memory_file_system.h"
#include "support/pickle_writer.h"
#include "support/tiny_weights.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Shape = std::vector<int64_t>;

const std::map<std::string, TinyTensor> kTensors = {{"matrix", {{2, 3}, {0.1f, -0.2f, 0.3f, 10, 20, -30.1f}}},
                                                    {"vector", {{2}, {0.1f, 1e-8f}}},
                                                    {"zero", {{2, 2}, {0, 0, 1, 0}}}};

// What is in the file after exporting. `text` must outlive the result.
std::shared_ptr<const WeightFile> exported(const WeightFile& weights, ExportType type, std::string& text,
                                           const std::map<std::string, std::string>& metadata = {}) {
  MemoryFileSystem files;
  const Status status = export_model(weights, metadata, type, files, "m.safetensors");
  EXPECT_TRUE(status.ok()) << status.error().message;
  text = files.text("m.safetensors");
  const auto parsed = parse_weight_file(as_bytes(text), nullptr);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  return parsed.ok() ? *parsed : nullptr;
}

TEST(ModelExport, Float32IsExact) {
  std::string text;
  const auto weights = exported(make_weights(kTensors), ExportType::kFloat32, text, {{"license", "CC0"}});
  EXPECT_EQ(*weights->floats("matrix", Shape{2, 3}), kTensors.at("matrix").values);
  EXPECT_EQ(*weights->floats("vector", Shape{2}), kTensors.at("vector").values);
  EXPECT_EQ(weights->metadata(), (std::map<std::string, std::string>{{"license", "CC0"}}));
}

TEST(ModelExport, BFloat16RoundsMatricesAndLeavesVectors) {
  std::string text;
  const auto weights = exported(make_weights(kTensors), ExportType::kBFloat16, text);
  EXPECT_EQ(weights->tensors().at("matrix").type, ElementType::kBFloat16);
  const auto matrix = *weights->floats("matrix", Shape{2, 3});
  for (size_t i = 0; i < matrix.size(); ++i) {
    const float exact = kTensors.at("matrix").values[i];
    EXPECT_NEAR(matrix[i], exact, std::abs(exact) / 256);  // eight bits of significand
  }
  EXPECT_EQ(*weights->floats("vector", Shape{2}), kTensors.at("vector").values);
}

TEST(ModelExport, Int8IsWithinHalfAStepOfEachRow) {
  std::string text;
  const auto weights = exported(make_weights(kTensors), ExportType::kInt8, text);
  EXPECT_EQ(weights->tensors().at("matrix").type, ElementType::kInt8);
  const auto matrix = *weights->floats("matrix", Shape{2, 3});
  for (size_t i = 0; i < matrix.size(); ++i) {
    const float largest = i < 3 ? 0.3f : 30.1f;
    EXPECT_NEAR(matrix[i], kTensors.at("matrix").values[i], largest / 127);
  }
  EXPECT_THAT(*weights->floats("zero", Shape{2, 2}), ElementsAre(0, 0, 1, 0));
  EXPECT_EQ(*weights->floats("vector", Shape{2}), kTensors.at("vector").values);
}

TEST(ModelExport, Int8StaysTheSameThroughInt8) {
  std::string first, second;
  const auto once = exported(make_weights(kTensors), ExportType::kInt8, first, {{"a", "b"}});
  const auto twice = exported(*once, ExportType::kInt8, second, {{"a", "b"}});
  EXPECT_EQ(first, second);
  std::string wide;
  const auto floats = exported(*once, ExportType::kFloat32, wide);
  EXPECT_EQ(*floats->floats("matrix", Shape{2, 3}), *once->floats("matrix", Shape{2, 3}));
  EXPECT_FALSE(floats->tensors().contains("matrix.scale"));
}

TEST(ModelExport, EveryTensorIsAligned) {
  std::string text;
  const auto weights = exported(make_weights(kTensors), ExportType::kInt8, text);
  for (const auto& [name, tensor] : weights->tensors()) {
    const auto offset = static_cast<size_t>(tensor.bytes.data() - as_bytes(text).data());
    EXPECT_EQ(offset % element_size(tensor.type), 0u) << name;
  }
}

TEST(ModelExport, RefusesValuesThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    MemoryFileSystem files;
    const WeightFile weights = make_weights({{"w", {{1, 2}, {1, bad}}}});
    const Status status = export_model(weights, {}, ExportType::kInt8, files, "m");
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message, HasSubstr("'w' holds values that are not finite"));
    EXPECT_FALSE(files.exists("m"));
  }
}

TEST(ModelExport, RefusesAnInt8MatrixWithoutScales) {
  const std::vector<int8_t> values = {1, 2};
  const WeightFile weights({{"w", {ElementType::kInt8, {2, 1}, std::as_bytes(std::span(values))}}}, {}, nullptr);
  MemoryFileSystem files;
  const Status status = export_model(weights, {}, ExportType::kInt8, files, "m");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("no tensor 'w.scale'"));
}

TEST(ModelExport, AFileWithoutWeightsIsAnError) {
  MemoryFileSystem files;
  EXPECT_EQ(export_model(make_weights({}), {}, ExportType::kInt8, files, "m").error().code,
            ErrorCode::kInvalidArgument);
}

double squared_error(const std::vector<float>& row, float scale) {
  double sum = 0;
  for (const float weight : row) {
    const double difference = weight - std::clamp(std::nearbyint(weight / scale), -127.0f, 127.0f) * scale;
    sum += difference * difference;
  }
  return sum;
}

TEST(Quantize, ClipsAnOutlierWhenThatLowersTheError) {
  std::vector<float> row(20000, 0.5f);
  for (size_t i = 0; i < row.size(); ++i) row[i] = std::sin(static_cast<float>(i)) * 0.8f;
  row[7] = 1;
  const QuantizedMatrix matrix = quantize_rows(row, 1);
  EXPECT_LT(matrix.scales[0], 0.99f / 127);
  EXPECT_LT(squared_error(row, matrix.scales[0]), squared_error(row, 1.0f / 127));
}

TEST(Quantize, TinyAndEmptyRowsHaveUsableScales) {
  const QuantizedMatrix matrix = quantize_rows(std::vector<float>{0, 0, 1e-44f, 1e-38f, 3e38f, -3e38f}, 3);
  EXPECT_THAT(matrix.values, ElementsAre(0, 0, 0, 0, 127, -127));
  for (const float scale : matrix.scales) EXPECT_TRUE(std::isnormal(scale));
  EXPECT_THAT(quantize_rows(std::vector<float>{1e-34f, -1e-34f}, 1).scales, ElementsAre(1)) << "as good as zero";
  EXPECT_TRUE(quantize_rows({}, 0).scales.empty());
  EXPECT_THAT(quantize_rows({}, 2).scales, ElementsAre(1, 1));
}

}  // namespace
}  // namespace pretag
