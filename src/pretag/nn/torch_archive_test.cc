#include "pretag/nn/torch_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pickle_writer.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Shape = std::vector<int64_t>;

std::string error_of(const std::string& file) {
  const auto parsed = parse_torch_archive(as_bytes(file), nullptr);
  return parsed.ok() ? "no error" : parsed.error().message;
}

const std::string kSix = bytes_of<float>({0, 1, 2, 3, 4, 5});

TorchTensorSpec six(std::vector<int32_t> shape, std::vector<int32_t> strides) {
  return {.name = "w", .shape = std::move(shape), .strides = std::move(strides), .storage = "0", .storage_count = 6};
}

std::string error_of(const TorchTensorSpec& spec, const std::string& storage = kSix) {
  return error_of(torch_archive(pickle_state_dict({spec}), {{"0", storage}}));
}

TEST(TorchArchive, ReadsEveryElementType) {
  const std::vector<TorchTensorSpec> tensors = {{"single", {2}, {1}, "0", "FloatStorage", 2},
                                                {"half", {1}, {1}, "1", "HalfStorage", 1},
                                                {"brain", {1}, {1}, "2", "BFloat16Storage", 1},
                                                {"small", {2}, {1}, "3", "CharStorage", 2},
                                                {"counter", {}, {}, "4", "LongStorage", 1}};
  const std::vector<std::pair<std::string, std::string>> storages = {{"0", bytes_of<float>({1.5f, -2})},
                                                                     {"1", bytes_of<uint16_t>({0x3C00})},
                                                                     {"2", bytes_of<uint16_t>({0xBF80})},
                                                                     {"3", bytes_of<int8_t>({-3, 4})},
                                                                     {"4", bytes_of<int64_t>({9})}};
  for (const auto packing : {ZipWriter::Packing::kStored, ZipWriter::Packing::kDeflated}) {
    const std::string file = torch_archive(pickle_state_dict(tensors), storages, packing, /*zip64=*/true);
    const auto parsed = parse_torch_archive(as_bytes(file), nullptr);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_THAT(*parsed->floats("single", Shape{2}), ElementsAre(1.5f, -2));
    EXPECT_THAT(*parsed->floats("half", Shape{1}), ElementsAre(1));
    EXPECT_THAT(*parsed->floats("brain", Shape{1}), ElementsAre(-1));
    EXPECT_EQ(parsed->tensors().at("small").type, ElementType::kInt8);
    EXPECT_EQ(parsed->tensors().at("small").bytes[0], std::byte{0xFD});
    EXPECT_EQ(parsed->tensors().at("counter").shape, Shape{});
    EXPECT_EQ(parsed->tensors().at("counter").count(), 1);
  }
}

TEST(TorchArchive, GathersTensorsThatAreNotContiguous) {
  const auto values = [](const TorchTensorSpec& spec) {
    const std::string file = torch_archive(pickle_state_dict({spec}), {{"0", kSix}});
    const auto parsed = parse_torch_archive(as_bytes(file), nullptr);
    return parsed.ok() ? *parsed->floats("w", parsed->tensors().at("w").shape) : std::vector<float>();
  };
  EXPECT_THAT(values(six({2, 3}, {3, 1})), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(values(six({2, 3}, {1, 2})), ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(values(six({3, 1, 2}, {1, 77, 3})), ElementsAre(0, 3, 1, 4, 2, 5));
  TorchTensorSpec view = six({2}, {2});
  view.offset = 3;
  EXPECT_THAT(values(view), ElementsAre(3, 5));
}

TEST(TorchArchive, StoredTensorsAreNotCopied) {
  const std::string file = torch_archive(pickle_state_dict({six({6}, {1})}), {{"0", kSix}});
  const auto parsed = parse_torch_archive(as_bytes(file), nullptr);
  EXPECT_EQ(parsed->tensors().at("w").bytes.data(), as_bytes(file).data() + file.find(kSix));
}

TEST(TorchArchive, FindsTheStateDictInACheckpoint) {
  for (const char* key : {"model", "state_dict", "model_state_dict"}) {
    PickleWriter pickle;
    pickle.raw("}").mark().text("epoch").integer(7).text(key).ordered_dict().mark().text("w");
    write_tensor(pickle, six({6}, {1}));
    pickle.set_items().set_items();
    const std::string file = torch_archive(pickle.finish(), {{"0", kSix}});
    const auto parsed = parse_torch_archive(as_bytes(file), nullptr);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_THAT(*parsed->floats("w", Shape{6}), ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST(TorchArchive, RefusesTensorsBeyondTheirStorage) {
  EXPECT_EQ(error_of(six({6}, {1})), "no error");
  EXPECT_THAT(error_of(six({7}, {1})), HasSubstr("tensor 'w': it reaches beyond its storage"));
  EXPECT_THAT(error_of(six({2, 3}, {4, 1})), HasSubstr("reaches beyond"));
  EXPECT_THAT(error_of(six({6}, {0})), "no error");
  EXPECT_THAT(error_of(six({1'000'000'000}, {0})), HasSubstr("reaches beyond"));
  EXPECT_THAT(error_of(six({2}, {2'147'483'647})), HasSubstr("reaches beyond"));
  EXPECT_THAT(error_of(six({2'000'000'000, 2'000'000'000, 2'000'000'000}, {0, 0, 0})), HasSubstr("no valid shape"));
  EXPECT_THAT(error_of(six({-1}, {1})), HasSubstr("no valid shape"));
  EXPECT_THAT(error_of(six({2, 3}, {1})), HasSubstr("no valid shape"));
  TorchTensorSpec late = six({1}, {1});
  late.offset = 6;
  EXPECT_THAT(error_of(late), HasSubstr("reaches beyond"));
  late.offset = -1;
  EXPECT_THAT(error_of(late), HasSubstr("no valid offset"));
}

TEST(TorchArchive, RefusesStoragesOfAnotherSize) {
  EXPECT_THAT(error_of(six({6}, {1}), kSix.substr(1)), HasSubstr("storage '0' has 23 bytes where the pickle says 24"));
  EXPECT_THAT(error_of(six({6}, {1}), kSix + "x"), HasSubstr("claims 25 bytes"));
  EXPECT_THAT(error_of(torch_archive(pickle_state_dict({six({6}, {1})}), {})), HasSubstr("no 'archive/data/0'"));
  TorchTensorSpec doubles = six({6}, {1});
  doubles.storage_type = "DoubleStorage";
  EXPECT_THAT(error_of(doubles), HasSubstr("it is made of torch.DoubleStorage; float32"));
}

TEST(TorchArchive, ManyViewsOfOneStorageCannotFillTheMemory) {
  std::vector<TorchTensorSpec> tensors(3, six({2, 3}, {1, 2}));
  for (size_t i = 0; i < tensors.size(); ++i) tensors[i].name = std::to_string(i);
  EXPECT_THAT(error_of(torch_archive(pickle_state_dict(tensors), {{"0", kSix}})),
              HasSubstr("too many tensors share its storage"));
}

TEST(TorchArchive, RefusesAPickleThatWantsMore) {
  const std::string evil = PickleWriter().global("posix", "system").text("id").raw("\x85").call().finish();
  EXPECT_THAT(error_of(torch_archive(evil, {})), HasSubstr("wants Python's 'posix.system'"));
  EXPECT_THAT(error_of(torch_archive(PickleWriter().ordered_dict().finish(), {})), HasSubstr("without a state dict"));
  EXPECT_THAT(error_of(torch_archive(PickleWriter().integer(5).finish(), {})), HasSubstr("holds no dict"));
}

TEST(TorchArchive, RefusesTheSameTensorTwice) {
  EXPECT_THAT(error_of(torch_archive(pickle_state_dict({six({6}, {1}), six({6}, {1})}), {{"0", kSix}})),
              HasSubstr("'w' is there twice"));
}

TEST(TorchArchive, NamesOtherZipFiles) {
  ZipWriter script;
  script.add("m/data.pkl", "");
  script.add("m/constants.pkl", "");
  EXPECT_THAT(error_of(script.finish()), HasSubstr("TorchScript program"));
  ZipWriter other;
  other.add("word/document.xml", "");
  EXPECT_THAT(error_of(other.finish()), HasSubstr("not one that torch.save wrote"));
  ZipWriter big;
  big.add("a/data.pkl", PickleWriter().none().finish());
  big.add("a/byteorder", "big");
  EXPECT_THAT(error_of(big.finish()), HasSubstr("big-endian"));
}

}  // namespace
}  // namespace pretag
