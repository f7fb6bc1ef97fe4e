#include "pretag/worker/custom_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSchema[] = R"([
  {"name": "Speed", "path": "car.speed", "defaultValue": 1.0, "valueDataType": "NUMERICAL_FLOAT"},
  {"path": "weather", "valueDataType": "CATEGORICAL_STRING"}])";

// A server that keeps the configurations of one dataset.
class CustomMetadataTest : public ::testing::Test {
 protected:
  HttpAnswer answer(const HttpCall& call) {
    if (call.url.find("/v1/datasets/d/configuration/metadata?") == std::string::npos) {
      log += call.body;
      return {204, "", 0};
    }
    if (call.method == "GET") return {200, configurations.dump(), 0};
    if (refuses) return {400, R"({"code": "BAD_REQUEST", "error": "a field is odd"})", 0};
    configurations.push_back(json::parse(call.body));
    return {201, R"({"id": "new"})", 0};
  }
  void add(const std::string& file, const std::string& metadata) {
    files.add("own/.lightly/metadata/" + file, R"({"file_name": "x", "type": "image", "metadata": )" + metadata + "}");
  }
  // What samples of these images get; all that is warned of is in `log` afterwards.
  std::vector<std::string> metadata_of(const std::vector<std::string>& filenames) {
    JobReporter reporter(api, "r");
    const UploadTools tools{api, files, reporter, cancel};
    CustomMetadata metadata(tools, "own/.lightly");
    std::vector<SampleRecord> samples;
    for (const std::string& filename : filenames) samples.emplace_back().image.filename = filename;
    const Status told = metadata.tell_schema("d");
    EXPECT_TRUE(told.ok()) << told.error().message;
    const Status added = metadata.add_to(samples);
    EXPECT_TRUE(added.ok()) << added.error().message;
    metadata.tell_of_others();
    EXPECT_TRUE(reporter.flush().ok());
    std::vector<std::string> texts;
    for (const SampleRecord& sample : samples) texts.push_back(sample.custom_metadata);
    return texts;
  }
  std::string metadata_of(const std::string& filename) { return metadata_of(std::vector{filename}).front(); }

  MemoryFileSystem files;
  json configurations = json::array();
  bool refuses = false;
  std::string log;
  std::atomic<bool> cancel = false;
  ScriptedHttpClient http{[this](const HttpCall& call) -> Result<HttpAnswer> { return answer(call); }};
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
};

TEST_F(CustomMetadataTest, ASampleHasWhatItsFileSays) {
  add("sub/a.json", R"({"car": {"speed": 3.5}, "tags": ["x", null], "weather": "r\u00e4in"})");
  add("schema.json", R"({"of": "no image"})");
  EXPECT_EQ(json::parse(metadata_of("sub/a.jpg")),
            json::parse(R"({"car": {"speed": 3.5}, "tags": ["x", null], "weather": "r\u00e4in"})"));
  EXPECT_EQ(metadata_of("sub/b.jpg"), "");
  EXPECT_EQ(metadata_of("schema.jpg"), "");
}

TEST_F(CustomMetadataTest, WhatAFrameDoesNotSayItsVideoDoes) {
  add("drive.json", R"({"weather": "rain", "car": {"speed": 1, "color": "red"}})");
  add("drive-1-mp4.json", R"({"car": {"speed": 2, "color": null}})");
  EXPECT_EQ(metadata_of("drive-0-mp4.png"), R"({"car":{"color":"red","speed":1},"weather":"rain"})");
  EXPECT_EQ(metadata_of("drive-1-mp4.png"), R"({"car":{"color":"red","speed":2},"weather":"rain"})");
}

TEST_F(CustomMetadataTest, DamagedFilesAreLeftOutAndTheFirstFewNamed) {
  std::vector<std::string> images = {"good.jpg", "none.jpg"};
  add("good.json", R"({"weather": "rain"})");
  add("none.json", "null");
  for (int i = 0; i < 7; ++i) {
    images.push_back(std::to_string(i) + ".jpg");
    files.add("own/.lightly/metadata/" + std::to_string(i) + ".json", i == 3 ? R"({"metadata": [1]})" : "{");
  }
  const std::vector<std::string> texts = metadata_of(images);
  EXPECT_EQ(texts[0], R"({"weather":"rain"})");
  EXPECT_EQ(std::ranges::count(texts, ""), 8);
  EXPECT_THAT(log, HasSubstr("WARNING"));
  EXPECT_THAT(log, HasSubstr("Metadata is left out: own/.lightly/metadata/0.json: not valid JSON"));
  EXPECT_THAT(log, HasSubstr("metadata/3.json: 'metadata' must be an object"));
  EXPECT_THAT(log, Not(HasSubstr("metadata/5.json")));
  EXPECT_THAT(log, HasSubstr("Metadata is left out of 2 more files"));
}

TEST_F(CustomMetadataTest, MoreThanTheServerTakesIsLeftOut) {
  const auto text_of = [](size_t bytes) { return R"({"text":")" + std::string(bytes - 11, 'x') + "\"}"; };
  constexpr size_t kMost = size_t{1} << 20;
  add("most.json", text_of(kMost));
  add("more.json", text_of(kMost + 1));
  EXPECT_EQ(metadata_of("most.jpg").size(), kMost);
  EXPECT_EQ(metadata_of("more.jpg"), "");
  EXPECT_THAT(log, HasSubstr("metadata/more.json: a sample would have more metadata than the 1 MiB"));
}

TEST_F(CustomMetadataTest, ADamagedFileOfAVideoIsNamedOnce) {
  files.add("own/.lightly/metadata/drive.json", "{");
  metadata_of(std::vector<std::string>{"drive-0-mp4.png", "drive-1-mp4.png"});
  const size_t first = log.find("metadata/drive.json");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("metadata/drive.json", first + 1), std::string::npos) << log;
}

TEST_F(CustomMetadataTest, TheSchemaBecomesAConfigurationOnce) {
  files.add("own/.lightly/metadata/schema.json", kSchema);
  metadata_of("a.jpg");
  ASSERT_EQ(configurations.size(), 1u);
  EXPECT_EQ(configurations[0]["configs"], json::parse(R"([
      {"name": "Speed", "path": "car.speed", "defaultValue": 1.0, "valueDataType": "NUMERIC_FLOAT"},
      {"name": "weather", "path": "weather", "defaultValue": null, "valueDataType": "CATEGORICAL_STRING"}])"));
  configurations[0]["configs"][0]["defaultValue"] = 1;
  configurations[0]["configs"][1]["id"] = "of the server";
  configurations.insert(configurations.begin(), json::parse(R"({"name": "of a user", "configs": "odd"})"));
  metadata_of("a.jpg");
  EXPECT_EQ(configurations.size(), 2u) << "the server has it already";
  files.add("own/.lightly/metadata/schema.json", R"([{"path": "weather", "valueDataType": "CATEGORICAL_STRING"}])");
  metadata_of("a.jpg");
  EXPECT_EQ(configurations.size(), 3u) << "another one";
  EXPECT_EQ(log, "");
}

TEST_F(CustomMetadataTest, ASchemaThatIsDamagedOrRefusedIsAWarning) {
  add("a.json", R"({"weather": "rain"})");
  files.add("own/.lightly/metadata/schema.json", "{}");
  EXPECT_EQ(metadata_of("a.jpg"), R"({"weather":"rain"})");
  EXPECT_THAT(log, HasSubstr("metadata/schema.json: must be a list of metadata fields"));
  files.add("own/.lightly/metadata/schema.json", kSchema);
  refuses = true;
  EXPECT_EQ(metadata_of("a.jpg"), R"({"weather":"rain"})");
  EXPECT_THAT(log, HasSubstr("a field is odd"));
  EXPECT_TRUE(configurations.empty());
}

TEST_F(CustomMetadataTest, WithoutFilesNothingIsAsked) {
  EXPECT_EQ(metadata_of("a.jpg"), "");
  EXPECT_TRUE(http.calls().empty());
}

}  // namespace
}  // namespace pretag
