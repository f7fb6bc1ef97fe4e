#include "pretag/nn/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "support/pickle_writer.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file with this header and `data` zero bytes behind it.
std::string file_with(const std::string& header, size_t data) {
  const uint64_t length = header.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file + header + std::string(data, '\0');
}

std::string error_of(const std::string& file) {
  const auto parsed = parse_safetensors(as_bytes(file), nullptr);
  return parsed.ok() ? "no error" : parsed.error().message;
}

TEST(Safetensors, ReadsWhatTheWriterWrites) {
  const std::vector<TensorDescription> tensors = {{"counter", ElementType::kInt64, {}},
                                                  {"w", ElementType::kFloat32, {2, 2}},
                                                  {"half", ElementType::kFloat16, {3}},
                                                  {"brain", ElementType::kBFloat16, {1}},
                                                  {"small", ElementType::kInt8, {0, 7}}};
  const std::string file = safetensors_header(tensors, {{"license", "MIT \"quoted\" – é"}}) + bytes_of<int64_t>({5}) +
                           bytes_of<float>({1, 2, 3, 4}) + bytes_of<uint16_t>({0x3C00, 0xC000, 0x0001}) +
                           bytes_of<uint16_t>({0x3F80});
  const auto parsed = parse_safetensors(as_bytes(file), nullptr);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->metadata().at("license"), "MIT \"quoted\" – é");
  EXPECT_EQ(parsed->tensors().size(), 5u);
  EXPECT_EQ(parsed->tensors().at("counter").count(), 1);
  EXPECT_EQ(parsed->tensors().at("small").count(), 0);
  EXPECT_THAT(*parsed->floats("w", std::vector<int64_t>{2, 2}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*parsed->floats("half", std::vector<int64_t>{3}), ElementsAre(1, -2, 0x1p-24f));
  EXPECT_THAT(*parsed->floats("brain", std::vector<int64_t>{1}), ElementsAre(1));
}

TEST(Safetensors, HeaderLengthKeepsTensorsAligned) {
  for (const char* name : {"a", "ab", "abc", "abcdefgh"}) {
    const std::vector<TensorDescription> tensors = {{name, ElementType::kFloat32, {1}}};
    EXPECT_EQ(safetensors_header(tensors, {}).size() % 8, 0u);
  }
}

TEST(Safetensors, ReadsUnalignedTensors) {
  // A header of odd length, then an int8 before the float.
  const std::string header = R"({"s":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},)"
                             R"("w":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}} )";
  std::string file = file_with(header, 1) + bytes_of<float>({2.5f});
  const auto parsed = parse_safetensors(as_bytes(file), nullptr);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_THAT(*parsed->floats("w", std::vector<int64_t>{1}), ElementsAre(2.5f));
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const std::vector<TensorDescription> tensors = {{"w", ElementType::kFloat32, {4}}};
  const std::string file = safetensors_header(tensors, {}) + bytes_of<float>({1, 2, 3, 4});
  ASSERT_EQ(error_of(file), "no error");
  for (size_t size = 0; size < file.size(); ++size) EXPECT_NE(error_of(file.substr(0, size)), "no error") << size;
  EXPECT_THAT(error_of(file.substr(0, file.size() - 1)), HasSubstr("is cut off: tensor 'w' ends at byte 16 of 15"));
  EXPECT_THAT(error_of(file.substr(0, 20)), HasSubstr("is cut off"));
}

TEST(Safetensors, RefusesAHugeHeaderBeforeReadingIt) {
  std::string file = file_with("{}", 0);
  std::memset(file.data(), 0xFF, 8);
  EXPECT_THAT(error_of(file), HasSubstr("claims a safetensors header of 18446744073709551615 bytes"));
}

TEST(Safetensors, RefusesExtentsThatDoNotFit) {
  const auto tensor = [](const char* name, const char* shape, const char* offsets) {
    return std::string("\"") + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto error = [&](const std::string& entries, size_t data) {
    return error_of(file_with("{" + entries + "}", data));
  };
  EXPECT_EQ(error(tensor("a", "[1]", "[0,4]"), 4), "no error");
  EXPECT_THAT(error(tensor("a", "[2]", "[0,4]"), 4), HasSubstr("'a' has 4 bytes where its shape needs 8"));
  EXPECT_THAT(error(tensor("a", "[1]", "[4,0]"), 4), HasSubstr("impossible data_offsets"));
  EXPECT_THAT(error(tensor("a", "[1]", "[0]"), 4), HasSubstr("impossible data_offsets"));
  EXPECT_THAT(error(tensor("a", "[1]", "[0,4]") + "," + tensor("b", "[1]", "[2,6]"), 6), HasSubstr("'b' overlaps"));
  EXPECT_THAT(error(tensor("a", "[1]", "[0,4]") + "," + tensor("b", "[1]", "[0,4]"), 4), HasSubstr("overlaps"));
  EXPECT_THAT(error(tensor("a", "[1]", "[4,8]"), 8), HasSubstr("leaves a gap"));
  EXPECT_THAT(error(tensor("a", "[1]", "[0,4]"), 5), HasSubstr("1 B after the last tensor"));
  EXPECT_THAT(error(tensor("a", "[4294967296,4294967296,16]", "[0,0]"), 0), HasSubstr("impossible shape"));
  EXPECT_THAT(error(tensor("a", "[0,4294967296,4294967296]", "[0,0]"), 0), "no error");
  EXPECT_THAT(error(tensor("a", "[1]", "[18446744073709551615,3]"), 4), HasSubstr("impossible number"));
  EXPECT_THAT(error(tensor("a", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), HasSubstr("too many numbers"));
  EXPECT_THAT(error(tensor("a", "[-1]", "[0,4]"), 4), HasSubstr("negative"));
}

TEST(Safetensors, RefusesHeadersOfAnotherForm) {
  const auto error = [](const std::string& header) { return error_of(file_with(header, 0)); };
  EXPECT_EQ(error("{}"), "no error");
  EXPECT_THAT(error("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error("{} x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error("[]"), HasSubstr("is a list, not an object"));
  EXPECT_THAT(error(R"({"a":1})"), HasSubstr("'a' holds a number"));
  EXPECT_THAT(error(R"({"a":[[[[)"), HasSubstr("'a' holds a list"));
  EXPECT_THAT(error(R"({"a":{"b":{"c":{}}}})"), HasSubstr("'a' holds an object"));
  EXPECT_THAT(error(R"({"a":{"dtype":"F32","shape":[]}})"), HasSubstr("'a' lacks dtype, shape or data_offsets"));
  EXPECT_THAT(error(R"({"a":{"dtype":"F32","shape":[[]]}})"), HasSubstr("'a' holds a list"));
  EXPECT_THAT(error(R"({"a":{"dtype":"F32","shape":[0.5]}})"), HasSubstr("'a' holds a fraction"));
  EXPECT_THAT(error(R"({"a":{"dtype":null}})"), HasSubstr("'a' holds null"));
  EXPECT_THAT(error(R"({"__metadata__":{"k":1}})"), HasSubstr("'__metadata__' holds a number"));
  EXPECT_THAT(error(R"({"__metadata__":{},"__metadata__":{}})"), HasSubstr("is there twice"));
  EXPECT_THAT(error(R"({"__metadata__":{"k":"1","k":"2"}})"), HasSubstr("has metadata key 'k' twice"));
  const std::string empty = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(error(R"({"a":)" + empty + R"(,"a":)" + empty + "}"), HasSubstr("'a' is there twice"));
  EXPECT_THAT(error(R"({"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}})"), HasSubstr("has type 'F64'"));
  EXPECT_THAT(error(std::string("{\"a\xFF\":{}}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(error("{\"a\":" + std::string(100'000, '[') + "}"), HasSubstr("'a' holds a list"));
}

}  // namespace
}  // namespace pretag
