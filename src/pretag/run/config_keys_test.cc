#include "pretag/run/config_keys.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

namespace pretag {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ConfigKeys, EveryNameStandsOnceInEitherSpelling) {
  std::set<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    names.insert(key.name);
    EXPECT_EQ(find_config_key(key.name), &key) << key.name;
    EXPECT_EQ(find_config_key(camel_case(key.name)), &key) << camel_case(key.name);
  }
  EXPECT_EQ(names.size(), config_keys().size());
}

TEST(ConfigKeys, CamelCaseIsThatOfThePythonClient) {
  EXPECT_EQ(camel_case("num_threads"), "numThreads");
  EXPECT_EQ(camel_case("corruptness_check.corruption_threshold"), "corruptnessCheck.corruptionThreshold");
  EXPECT_EQ(camel_case("memory_requirement_in_GB"), "memoryRequirementInGb");
  EXPECT_EQ(camel_case("seed"), "seed");
}

TEST(ConfigKeys, EveryDefaultIsAllowedAndReadsBack) {
  for (const ConfigKey& key : config_keys()) {
    RunConfig config;
    EXPECT_TRUE(set_config_value(config, key, key.default_text)) << key.name;
    EXPECT_EQ(config_value(config, key), key.default_text) << key.name;
    EXPECT_TRUE(is_default_value(key, key.default_text)) << key.name;
  }
}

// A text of the key's type other than its default.
std::string another_value(const ConfigKey& key) {
  switch (key.type) {
    case KeyType::kBool:
      return key.default_text == "true" ? "false" : "true";
    case KeyType::kInteger:
      return key.default_text == "7" ? "8" : "7";
    case KeyType::kReal:
      return "0.75";
    case KeyType::kChoice:
      return key.choices.back();
    case KeyType::kDevice:
      return "gpu:1,opencl:0";
    default:
      return "something else";
  }
}

TEST(ConfigKeys, EveryFieldIsSetAndReadBack) {
  for (const ConfigKey& key : config_keys()) {
    if (key.field.index() == 0) continue;
    RunConfig config;
    const std::string text = another_value(key);
    ASSERT_TRUE(set_config_value(config, key, text)) << key.name;
    EXPECT_EQ(config_value(config, key), text) << key.name;
    EXPECT_FALSE(is_default_value(key, text)) << key.name;
  }
}

TEST(ConfigKeys, WhatWorksHasAField) {
  for (const ConfigKey& key : config_keys()) {
    EXPECT_FALSE(key.status == KeyStatus::kWorks && key.field.index() == 0) << key.name;
  }
}

TEST(ConfigKeys, BooleansAreReadAsPeopleWriteThem) {
  const ConfigKey& key = *find_config_key("pretagging_debug");
  RunConfig config;
  for (const char* text : {"True", "true", "TRUE", "yes", "on", "1"}) {
    config.pretagging_debug = false;
    EXPECT_TRUE(set_config_value(config, key, text)) << text;
    EXPECT_TRUE(config.pretagging_debug) << text;
  }
  for (const char* text : {"False", "false", "no", "off", "0"}) {
    config.pretagging_debug = true;
    EXPECT_TRUE(set_config_value(config, key, text)) << text;
    EXPECT_FALSE(config.pretagging_debug) << text;
  }
}

struct BadValue {
  const char *key, *text;
};
class RefusedValue : public testing::TestWithParam<BadValue> {};

TEST_P(RefusedValue, NamesTheKeyAndLeavesTheConfigurationAlone) {
  const ConfigKey& key = *find_config_key(GetParam().key);
  RunConfig config;
  const Status status = set_config_value(config, key, GetParam().text);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr(GetParam().key));
  EXPECT_THAT(status.error().message, Not(HasSubstr("\n")));
  EXPECT_EQ(config_value(config, key), key.default_text);
}

INSTANTIATE_TEST_SUITE_P(
    ConfigKeys, RefusedValue,
    testing::Values(BadValue{"pretagging", "maybe"}, BadValue{"pretagging", ""}, BadValue{"num_threads", "0"},
                    BadValue{"num_threads", "-2"}, BadValue{"num_threads", "1025"}, BadValue{"num_threads", "2.5"},
                    BadValue{"num_threads", "4 "}, BadValue{"num_threads", "99999999999999999999"},
                    BadValue{"score_threshold", "1.01"}, BadValue{"score_threshold", "-0.5"},
                    BadValue{"score_threshold", "nan"}, BadValue{"score_threshold", "inf"},
                    BadValue{"score_threshold", "high"}, BadValue{"precision", "f16"}, BadValue{"device", "cuda"},
                    BadValue{"device", "gpu:"}, BadValue{"device", "gpu:x"}, BadValue{"device", "gpu:0,"},
                    BadValue{"device", "gpu:00"}, BadValue{"device", "gpu:0,cpu"}, BadValue{"accuracy", "most"},
                    BadValue{"model", "two\nlines"}, BadValue{"model", "\xFF\xFE"}, BadValue{"max_image_pixels", "-1"},
                    BadValue{"max_image_bytes", "0"}));

TEST(ConfigKeys, RefusalsSayWhatIsAllowed) {
  RunConfig config;
  EXPECT_EQ(set_config_value(config, *find_config_key("num_threads"), "many").error().message,
            "num_threads cannot be 'many': it is an integer from 1 to 1024, or -1");
  EXPECT_EQ(set_config_value(config, *find_config_key("precision"), "f16").error().message,
            "precision cannot be 'f16': it is auto, f32, bf16 or int8");
}

TEST(ConfigKeys, HelpNamesEveryKey) {
  for (const ConfigKey& key : config_keys()) EXPECT_THAT(config_help(), HasSubstr(key.name));
}

TEST(ConfigKeys, TheDocumentationHasTheTableOfThisVersion) {
  std::ifstream file(PRETAG_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr(config_markdown())) << "put this into docs/configuration.md";
}

}  // namespace
}  // namespace pretag
