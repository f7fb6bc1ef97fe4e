#include "pretag/nn/weight_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "pretag/io/sha256.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/nn/official_models.h"
#include "support/pickle_writer.h"
#include "support/temporary_folder.h"
#include "support/tiny_weights.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Shape = std::vector<int64_t>;
using namespace std::string_literals;

const std::string kData = PRETAG_SOURCE_DIR "/tests/data/weights/";

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of(const std::string& bytes) {
  const auto parsed = parse_weight_file(as_bytes(bytes), nullptr);
  return parsed.ok() ? "no error" : parsed.error().message;
}

// A WeightFile whose tensors own their bytes through `storage`.
WeightFile weights_of(std::map<std::string, std::pair<std::pair<ElementType, Shape>, std::string>> tensors) {
  auto storage = std::make_shared<std::map<std::string, std::string>>();
  std::map<std::string, WeightTensor> views;
  for (auto& [name, tensor] : tensors) {
    const std::string& kept = (*storage)[name] = tensor.second;
    views[name] = {tensor.first.first, tensor.first.second, as_bytes(kept)};
  }
  return WeightFile(std::move(views), {}, storage);
}

class RealPthFile : public ::testing::TestWithParam<const char*> {};

// Both were written by torch.save, see tests/data/weights/make_pth.py.
TEST_P(RealPthFile, HoldsWhatTorchPutIn) {
  const auto loaded = load_weight_file(kData + GetParam());
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const WeightFile& weights = **loaded;
  EXPECT_THAT(*weights.floats("0.bias", Shape{3}), ElementsAre(0, 1, 2));
  std::vector<float> counting(24);
  for (size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<float>(i);
  EXPECT_EQ(*weights.floats("0.weight", Shape{3, 2, 2, 2}), counting);  // channels last in the file
  EXPECT_THAT(*weights.floats("half", Shape{2, 3}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(*weights.floats("brain", Shape{2, 3}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(*weights.floats("transposed", Shape{3, 2}), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(*weights.floats("second_half", Shape{4}), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(*weights.floats("parameter", Shape{2}), ElementsAre(0, 1));
  EXPECT_THAT(*weights.floats("scalar", Shape{}), ElementsAre(7));
  EXPECT_EQ(weights.tensors().at("1.num_batches_tracked").type, ElementType::kInt64);
  EXPECT_EQ(weights.tensors().size(), 13u);
}

TEST_P(RealPthFile, EveryTruncationIsAnError) {
  const std::string file = file_bytes(kData + GetParam());
  ASSERT_EQ(error_of(file), "no error");
  for (size_t size = 0; size < file.size(); ++size) ASSERT_NE(error_of(file.substr(0, size)), "no error") << size;
}

// For the sanitizers: whatever is accepted can be read.
TEST_P(RealPthFile, AFlippedByteIsAnErrorOrReadable) {
  std::string file = file_bytes(kData + GetParam());
  for (size_t i = 0; i < file.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      const char before = file[i];
      file[i] = static_cast<char>(file[i] ^ flip);
      if (const auto parsed = parse_weight_file(as_bytes(file), nullptr)) {
        for (const auto& [name, tensor] : (*parsed)->tensors()) {
          const auto values = (*parsed)->floats(name, tensor.shape);
          EXPECT_TRUE(!values.ok() || values->size() == static_cast<size_t>(tensor.count())) << name;
        }
      }
      file[i] = before;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RealPthFile, ::testing::Values("current.pth", "legacy.pth"),
                         [](const auto& param) { return std::string(param.param).substr(0, 6); });

TEST(WeightFile, Int8IsMultipliedByTheScaleOfItsOutputChannel) {
  const WeightFile weights =
      weights_of({{"w", {{ElementType::kInt8, {2, 3}}, bytes_of<int8_t>({1, -2, 3, 4, 5, -128})}},
                  {"w.scale", {{ElementType::kFloat32, {2}}, bytes_of<float>({0.5f, 2})}}});
  EXPECT_THAT(*weights.floats("w", Shape{2, 3}), ElementsAre(0.5f, -1, 1.5f, 8, 10, -256));
}

TEST(WeightFile, NamesWhatIsWrongWithAnInt8Tensor) {
  const auto small = std::pair(std::pair(ElementType::kInt8, Shape{2, 1}), bytes_of<int8_t>({1, 2}));
  const auto error = [&](const WeightFile& weights) {
    const auto values = weights.floats("w", Shape{2, 1});
    return values.ok() ? "no error" : values.error().message;
  };
  EXPECT_THAT(error(weights_of({{"w", small}})), HasSubstr("'w' comes without its scales 'w.scale'"));
  EXPECT_THAT(error(weights_of({{"w", small}, {"w.scale", {{ElementType::kFloat32, {1}}, bytes_of<float>({1})}}})),
              HasSubstr("'w.scale' has shape [1] where the architecture needs [2]"));
  EXPECT_THAT(error(weights_of({{"w", small}, {"w.scale", {{ElementType::kInt8, {2}}, bytes_of<int8_t>({1, 1})}}})),
              HasSubstr("scales 'w.scale' are int8"));
}

TEST(WeightFile, NamesMissingAndMisshapenTensors) {
  const WeightFile weights = weights_of({{"w", {{ElementType::kFloat32, {2}}, bytes_of<float>({1, 2})}},
                                         {"n", {{ElementType::kInt64, {}}, bytes_of<int64_t>({1})}}});
  EXPECT_EQ(weights.floats("v", Shape{}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(weights.floats("w", Shape{1, 2}).error().message,
              HasSubstr("'w' has shape [2] where the architecture needs [1, 2]"));
  EXPECT_THAT(weights.floats("n", Shape{}).error().message, HasSubstr("64-bit integers"));
}

TEST(WeightFile, SaysWhatAForeignFileIs) {
  EXPECT_EQ(error_of(""), "is empty");
  EXPECT_THAT(error_of("\xFF\xD8\xFF\xE0 JFIF"), HasSubstr("JPEG image"));
  EXPECT_THAT(error_of("\x89PNG\r\n\x1A\n"), HasSubstr("PNG image"));
  EXPECT_THAT(error_of("\n <!DOCTYPE html><title>404</title>"), HasSubstr("web page"));
  EXPECT_THAT(error_of("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>"), HasSubstr("web page or an error"));
  EXPECT_THAT(error_of("version https://git-lfs.github.com/spec/v1\noid sha256:12"), HasSubstr("run 'git lfs pull'"));
  EXPECT_THAT(error_of("\x08\x07\x12\x07pytorch\x1A\x05"
                       "1.13.0"),
              HasSubstr("ONNX model"));
  EXPECT_THAT(error_of("\x80\x04\x95\x10"), HasSubstr("Python pickle that torch.save did not write"));
  EXPECT_THAT(error_of(std::string(257, '\0') + "ustar"), HasSubstr("tar archive"));
  EXPECT_THAT(error_of("{\"a\": 1}"), HasSubstr("JSON text"));
  EXPECT_THAT(error_of("hello"), HasSubstr("neither .safetensors nor"));
  EXPECT_THAT(error_of("PK\x03\x04 and no more"), HasSubstr("cut-off zip archive"));
}

TEST(WeightFile, ErrorsOfLoadingBeginWithThePath) {
  const TemporaryFolder directory;
  const std::string path = directory / "photo.pth";
  std::ofstream(path) << "\xFF\xD8\xFF\xE0";
  EXPECT_EQ(load_weight_file(path).error().message, path + ": is a JPEG image, not weights");
  const auto missing = load_weight_file(directory / "none");
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, AllOf(StartsWith(directory / "none"), HasSubstr("No such file")));
  EXPECT_THAT(load_weight_file(directory.path()).error().message, HasSubstr("is a folder, not a file"));
}

std::vector<std::string> names_after_loading(const std::vector<std::string>& names) {
  std::vector<TorchTensorSpec> tensors;
  for (const std::string& name : names) tensors.push_back({name, {1}, {1}, "0", "FloatStorage", 1});
  const std::string file = torch_archive(pickle_state_dict(tensors), {{"0", bytes_of<float>({1})}});
  const auto parsed = parse_weight_file(as_bytes(file), nullptr);
  if (!parsed.ok()) return {parsed.error().message};
  std::vector<std::string> now;
  for (const auto& [name, tensor] : (*parsed)->tensors()) now.push_back(name);
  return now;
}

TEST(OfficialModels, AreKnownByTheirChecksum) {
  const std::string bytes = "what the publisher's file holds";
  const OfficialModel model = {.name = "m",
                               .file = "",
                               .url = "",
                               .sha256 = sha256_hex(as_bytes(bytes)).substr(0, 8),
                               .max_bytes = 100,
                               .outputs = 91,
                               .metadata = {{"batch_norm_eps", "0"}}};
  const auto eps = [&](WeightFile weights, const std::string& file) {
    const auto shared = std::make_shared<const WeightFile>(std::move(weights));
    return read_model_metadata(*with_official_metadata(shared, as_bytes(file), model))->batch_norm_eps;
  };
  EXPECT_EQ(eps(make_detector_weights(91), bytes), 0);
  EXPECT_FLOAT_EQ(eps(make_detector_weights(91), bytes + "!"), 1e-5f);
  EXPECT_FLOAT_EQ(eps(make_detector_weights(8), bytes), 1e-5f);
  EXPECT_FLOAT_EQ(eps(make_detector_weights(91, {{"batch_norm_eps", "0.001"}}), bytes), 0.001f);
  EXPECT_EQ(official_coco().metadata.at("batch_norm_eps"), "0");
}

TEST(WeightFile, GivesParametersTheirPresentNames) {
  EXPECT_THAT(names_after_loading({"rpn.head.conv.weight", "backbone.fpn.inner_blocks.3.bias",
                                   "backbone.fpn.layer_blocks.0.0.weight", "rpn.head.cls_logits.weight"}),
              ElementsAre("backbone.fpn.inner_blocks.3.0.bias", "backbone.fpn.layer_blocks.0.0.weight",
                          "rpn.head.cls_logits.weight", "rpn.head.conv.0.0.weight"));
  EXPECT_THAT(names_after_loading({"module.a", "b"}), ElementsAre("b", "module.a"));
  EXPECT_THAT(names_after_loading({"rpn.head.conv.weight", "rpn.head.conv.0.0.weight"}),
              ElementsAre(HasSubstr("'rpn.head.conv.0.0.weight' is there twice")));
}

TEST(WeightFile, TakesTheNetworkOutOfItsWrappers) {
  const std::string head = "roi_heads.box_predictor.cls_score.weight";
  for (const std::string wrapper : {"module.", "_orig_mod.", "model.", "model.module."}) {
    EXPECT_THAT(names_after_loading({wrapper + "rpn.head.conv.bias", wrapper + head, "n_averaged"}),
                ElementsAre(head, "rpn.head.conv.0.0.bias"));
  }
  EXPECT_THAT(names_after_loading({"ema.module.a", "ema.module." + head, "model.b", "model." + head}),
              ElementsAre("b", head));
}

}  // namespace
}  // namespace pretag
