#include "pretag/formats/lightly_metadata.h"

#include <gmock/gmock.h>

namespace pretag {
namespace {

using testing::HasSubstr;

constexpr char kSchema[] = R"([
  {"name": "Speed", "path": "car.speed", "defaultValue": -1, "valueDataType": "NUMERIC_FLOAT"},
  {"name": "Weather", "path": "weather", "defaultValue": "unknown", "valueDataType": "CATEGORICAL_STRING"},
  {"name": "Night", "path": "night", "defaultValue": false, "valueDataType": "CATEGORICAL_BOOLEAN"},
  {"name": "Lane", "path": "lane", "valueDataType": "CATEGORICAL_INT"},
  {"name": "Height", "path": "height", "defaultValue": null, "valueDataType": "NUMERIC_INT"}])";

class LightlyMetadata : public testing::Test {
 protected:
  void SetUp() override {
    auto fields = read_metadata_schema(kSchema);
    ASSERT_TRUE(fields) << fields.error().message;
    ASSERT_EQ(fields->size(), 5u);
    fields_ = *std::move(fields);
  }
  Result<MetadataValue> value(size_t field, const std::string& metadata) const {
    return read_metadata_value(fields_[field],
                               R"({"file_name": "a.jpg", "type": "image", "metadata": )" + metadata + "}");
  }
  std::vector<MetadataField> fields_;
};

TEST_F(LightlyMetadata, ValuesAreFoundByTheirPath) {
  EXPECT_EQ(value(0, R"({"car": {"speed": 12.5}})")->number, 12.5);
  EXPECT_EQ(value(1, R"({"weather": "rain"})")->text, "rain");
  EXPECT_EQ(value(2, R"({"night": true})")->text, "true");
  EXPECT_EQ(value(3, R"({"lane": 2})")->text, "2");
  EXPECT_EQ(value(4, R"({"height": -7})")->number, -7);
}

TEST_F(LightlyMetadata, AMissingFileOrKeyHasTheDefault) {
  EXPECT_EQ(read_metadata_value(fields_[0], std::nullopt)->number, -1);
  EXPECT_EQ(read_metadata_value(fields_[1], std::nullopt)->text, "unknown");
  EXPECT_EQ(value(0, R"({"car": {}})")->number, -1);
  EXPECT_EQ(value(0, R"({"car": 5})")->number, -1);
  EXPECT_EQ(value(0, R"({"car": {"speed": null}})")->number, -1);
  EXPECT_EQ(value(2, "{}")->text, "false");
  EXPECT_EQ(read_metadata_value(fields_[1], "{}")->text, "unknown");
  EXPECT_EQ(read_metadata_value(fields_[1], "[]")->text, "unknown");
}

TEST_F(LightlyMetadata, WithoutADefaultWhatIsMissingIsAnError) {
  for (const size_t field : {3, 4}) {
    const auto no_file = read_metadata_value(fields_[field], std::nullopt);
    ASSERT_FALSE(no_file);
    EXPECT_EQ(no_file.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(no_file.error().message, HasSubstr("the file is missing, and schema.json has no defaultValue for"));
    const auto no_key = value(field, R"({"weather": "rain"})");
    ASSERT_FALSE(no_key);
    EXPECT_EQ(no_key.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(value(3, "{}").error().message,
            "metadata.lane is missing, and schema.json has no defaultValue for 'lane': add one");
}

TEST_F(LightlyMetadata, AValueOfAnotherTypeIsAnError) {
  EXPECT_EQ(value(0, R"({"car": {"speed": "fast"}})").error().message, "metadata.car.speed must be a finite number");
  EXPECT_EQ(value(0, R"({"car": {"speed": [1]}})").error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(value(1, R"({"weather": {"now": "rain"}})").error().message, HasSubstr("metadata.weather must be text"));
  EXPECT_FALSE(value(3, R"({"lane": 2.5})"));
}

TEST_F(LightlyMetadata, AWholeNumberIsTheSameCategoryHoweverItIsWritten) {
  EXPECT_EQ(value(3, R"({"lane": 3.0})")->text, "3");
  EXPECT_EQ(value(3, R"({"lane": -2e1})")->text, "-20");
  EXPECT_EQ(value(3, R"({"lane": -0.0})")->text, "0");
  EXPECT_EQ(value(3, R"({"lane": 9007199254740991.0})")->text, "9007199254740991");
  EXPECT_FALSE(value(3, R"({"lane": 9007199254740992.0})"));
  const auto fields =
      read_metadata_schema(R"([{"path": "lane", "defaultValue": 1.0, "valueDataType": "CATEGORICAL_INT"}])");
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_EQ(fields->at(0).default_text, "1");
}

TEST_F(LightlyMetadata, WhatIsNoJsonIsAnError) {
  for (const std::string text : {"", "{", "not json", "{\"metadata\": {\"weather\": \"rain\"}} x"}) {
    EXPECT_FALSE(read_metadata_value(fields_[1], text)) << text;
  }
  EXPECT_FALSE(value(0, R"({"car": {"speed": 1e999}})"));
}

TEST_F(LightlyMetadata, DeepNestingIsRefusedAndBracketsInTextAreNone) {
  EXPECT_THAT(value(1, std::string(100'000, '[')).error().message, HasSubstr("nested too deeply"));
  EXPECT_EQ(value(1, R"({"weather": "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})")->text.substr(0, 2), "\"[");
  EXPECT_THAT(read_metadata_schema(std::string(100'000, '[')).error().message, HasSubstr("nested too deeply"));
}

TEST(LightlyMetadataSchema, WrongEntriesAreNamed) {
  const auto message = [](const std::string& text) {
    const auto fields = read_metadata_schema(text);
    return fields ? "(no error)" : fields.error().message;
  };
  EXPECT_EQ(message("{}"), "must be a list of metadata fields");
  EXPECT_EQ(message("[5]"), "entry 0: must be an object");
  EXPECT_EQ(message(R"([{"name": "a", "valueDataType": "NUMERIC_INT"}])"), "entry 0: 'path' is missing");
  EXPECT_THAT(message(R"([{"path": "a", "valueDataType": "NUMBER"}])"), HasSubstr("entry 0: valueDataType 'NUMBER'"));
  EXPECT_EQ(message(R"([{"path": "a", "valueDataType": "NUMERIC_INT", "defaultValue": "x"}])"),
            "entry 0: 'defaultValue' does not fit valueDataType");
  EXPECT_EQ(message(R"([{"path": "a", "valueDataType": "CATEGORICAL_STRING", "defaultValue": {}}])"),
            "entry 0: 'defaultValue' does not fit valueDataType");
  EXPECT_EQ(message("[]"), "(no error)");
}

TEST(LightlyMetadataSchema, NumericTypesHaveTwoSpellingsAndTheApiHasOne) {
  const std::string schema = R"([{"path": "a", "valueDataType": "NUMERICAL_INT"},
                                 {"name": "B", "path": "b", "defaultValue": 2, "valueDataType": "NUMERICAL_FLOAT"},
                                 {"path": "c", "defaultValue": true, "valueDataType": "CATEGORICAL_BOOLEAN"}])";
  const auto fields = read_metadata_schema(schema);
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_TRUE(fields->at(0).numeric);
  EXPECT_EQ(fields->at(1).default_number, 2);
  EXPECT_EQ(*metadata_configuration(schema),
            R"([{"defaultValue":null,"name":"a","path":"a","valueDataType":"NUMERIC_INT"},)"
            R"({"defaultValue":2,"name":"B","path":"b","valueDataType":"NUMERIC_FLOAT"},)"
            R"({"defaultValue":true,"name":"c","path":"c","valueDataType":"CATEGORICAL_BOOLEAN"}])");
  EXPECT_EQ(metadata_configuration("[5]").error().message, "entry 0: must be an object");
}

TEST(LightlyMetadataFile, HasAllValuesOfItsImage) {
  EXPECT_EQ(*read_custom_metadata(R"({"type": "image", "metadata": {"a": {"b": [1, null]}}})"),
            R"({"a":{"b":[1,null]}})");
  for (const char* nothing : {"{}", R"({"metadata": null})"}) EXPECT_EQ(*read_custom_metadata(nothing), "") << nothing;
  for (const char* damaged : {"", "{", "[]", R"({"metadata": [1]})"}) {
    const auto metadata = read_custom_metadata(damaged);
    ASSERT_FALSE(metadata) << damaged;
    EXPECT_EQ(metadata.error().code, ErrorCode::kCorrupt) << damaged;
  }
}

TEST(LightlyMetadataFile, OfAFrameComesBeforeThatOfItsVideo) {
  EXPECT_EQ(frame_metadata("", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(frame_metadata(R"({"a":1})", ""), R"({"a":1})");
  EXPECT_EQ(frame_metadata(R"({"a":{"b":1},"c":null,"d":5})", R"({"a":{"b":2,"e":3},"c":4,"d":{"f":6}})"),
            R"({"a":{"b":1,"e":3},"c":4,"d":5})");
}

TEST(LightlyMetadataFile, StandsBesideTheOthersWithItsOwnEnding) {
  EXPECT_EQ(metadata_file_of("a.b/c.d.jpg"), "a.b/c.d.json");
  EXPECT_EQ(metadata_file_of("a.b/c"), "a.b/c.json");
  EXPECT_EQ(metadata_file_of("a/.hidden"), "a/.hidden.json");
  EXPECT_EQ(metadata_file_of("c.png"), "c.json");
}

}  // namespace
}  // namespace pretag
