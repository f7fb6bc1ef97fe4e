#include "pretag/run/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "pretag/run/config_keys.h"

namespace pretag {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<ParsedRunConfig> parse_file(const std::string& text) { return parse_run_config(YamlText{text, "c.yaml"}, {}); }
Result<ParsedRunConfig> parse_overrides(std::vector<std::string> overrides) {
  return parse_run_config(std::nullopt, overrides);
}
std::string message_of(const Result<ParsedRunConfig>& result) { return result ? "(no error)" : result.error().message; }

TEST(RunConfiguration, IsTheDefaultWhenNothingIsSaid) {
  const auto parsed = parse_run_config(std::nullopt, {});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->config.pretagging);
  EXPECT_FALSE(parsed->config.pretagging_debug);
  EXPECT_EQ(parsed->config.num_threads, -1);
  EXPECT_THAT(parsed->warnings, IsEmpty());
}

TEST(RunConfiguration, ReadsAFile) {
  const auto parsed = parse_file("pretagging: True\npretagging_debug: yes\nscore_threshold: 0.25\nmodel: 'my model'\n");
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_TRUE(parsed->config.pretagging_debug);
  EXPECT_EQ(parsed->config.score_threshold, 0.25);
  EXPECT_EQ(parsed->config.model, "my model");
}

TEST(RunConfiguration, AcceptsCamelCaseNestingAndTheWorkerConfigWrapper) {
  const auto parsed = parse_file("workerConfig:\n  numThreads: 3\n  stoppingCondition:\n    nSamples: -1\n");
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_EQ(parsed->config.num_threads, 3);
}

TEST(RunConfiguration, AnEmptyFileOrWrapperIsTheDefault) {
  EXPECT_TRUE(parse_file(""));
  EXPECT_TRUE(parse_file("# nothing but this\n"));
  EXPECT_TRUE(parse_file("worker_config:\n  # pretagging: False\n"));
}

TEST(RunConfiguration, NullMeansTheDefault) {
  const auto parsed = parse_file("num_threads: null\nmodel: ~\nprecision:\n");
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_EQ(parsed->config.num_threads, -1);
  EXPECT_EQ(parsed->config.model, "");
}

TEST(RunConfiguration, TheLastWordWins) {
  const std::vector<std::string> overrides = {"num_threads=2", "numThreads=5"};
  const auto parsed = parse_run_config(YamlText{"num_threads: 1", "c.yaml"}, overrides);
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_EQ(parsed->config.num_threads, 5);
}

TEST(RunConfiguration, OverridesMayBeQuotedSpacedAndHoldEqualsSigns) {
  const auto parsed = parse_overrides({"model='a b.safetensors'", "precision = bf16", "worker_config.seed=3"});
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_EQ(parsed->config.model, "a b.safetensors");
  EXPECT_EQ(parsed->config.precision, Precision::kBFloat16);
  EXPECT_EQ(parsed->config.seed, 3);
  EXPECT_EQ(parse_overrides({"model=a=b"})->config.model, "a=b");
  EXPECT_EQ(parse_overrides({"model=x", "model=None"})->config.model, "");
  EXPECT_EQ(parse_overrides({"model=x", "model="})->config.model, "");
}

TEST(RunConfiguration, AnUnknownKeyIsRefusedWithTheNearestKnownOne) {
  EXPECT_EQ(message_of(parse_overrides({"pretaging=True"})), "unknown key 'pretaging': did you mean 'pretagging'?");
  EXPECT_EQ(message_of(parse_overrides({"numThread=1"})), "unknown key 'numThread': did you mean 'numThreads'?");
  EXPECT_EQ(message_of(parse_overrides({"n_samples=1"})),
            "unknown key 'n_samples': did you mean 'selection.n_samples'?");
  EXPECT_EQ(message_of(parse_overrides({"completely_different=1"})),
            "unknown key 'completely_different': 'pretag run --help-config' lists all keys");
  EXPECT_EQ(message_of(parse_file("seed: 1\npretaging: True\n")),
            "c.yaml:2: unknown key 'pretaging': did you mean 'pretagging'?");
}

TEST(RunConfiguration, KeysOfAWorkerAreRefusedWithAHintAndWithoutTheirValue) {
  const std::string message = message_of(parse_overrides({"token=secret"}));
  EXPECT_THAT(message, HasSubstr("worker"));
  EXPECT_THAT(message, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(message_of(parse_overrides({"worker.worker_id=1"})), HasSubstr("belongs to a worker"));
  EXPECT_THAT(message_of(parse_overrides({"output_dir=/tmp"})), HasSubstr("--output"));
}

TEST(RunConfiguration, WhatHasNoEffectYetIsAWarning) {
  const auto parsed = parse_file("upload_dataset: True\nlightly:\n  loader:\n    batch_size: 64\n");
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_THAT(parsed->warnings, ElementsAre("c.yaml:4: lightly.loader.batch_size is accepted, but has no effect yet",
                                            "c.yaml:1: upload_dataset is accepted, but has no effect yet"));
}

TEST(RunConfiguration, WhatIsForJobsIsAWarningInARunOfItsOwn) {
  const auto parsed = parse_overrides({"pretagging_upload=True", "uploadReport=True"});
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_THAT(parsed->warnings,
              ElementsAre("pretagging_upload is accepted, but has an effect only in the jobs of a worker"));
}

TEST(RunConfiguration, WhatWouldChangeTheResultIsRefusedUntilItExists) {
  for (const char* text :
       {"enable_training=True", "checkpoint=last.ckpt", "checkpointRunId=5", "datasource.dataset_id=5"}) {
    const auto parsed = parse_overrides({text});
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("comes in a later version")) << text;
  }
}

TEST(RunConfiguration, WhatOnlyAJobCanSetIsRefusedWithAWayWithoutAJob) {
  for (const char* text : {"use_datapool=True", "datapool.dataset_id=5"}) {
    const auto parsed = parse_overrides({text});
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, AllOf(HasSubstr("only be set by a job"), HasSubstr("datapool.name=NAME")));
  }
  EXPECT_TRUE(parse_overrides({"use_datapool=False"}));
  EXPECT_THAT(config_help(),
              HasSubstr("In the worker_config of a job, and nowhere else:\n  datapool.dataset_id use_datapool\n"));
}

TEST(RunConfiguration, ADefaultIsNeitherAWarningNorRefused) {
  const auto parsed = parse_overrides({"enable_training=False", "stopping_condition.n_samples=-1.0",
                                       "selection=", "upload_report=True", "scorer_config.min_score=0.90"});
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_THAT(parsed->warnings, IsEmpty());
}

TEST(RunConfiguration, AnOverrideTakesBackWhatTheFileAskedFor) {
  const std::vector<std::string> overrides = {"enable_training=False", "upload_dataset=False"};
  const auto parsed = parse_run_config(YamlText{"enable_training: True\nupload_dataset: True\n", "c.yaml"}, overrides);
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_THAT(parsed->warnings, IsEmpty());
}

TEST(RunConfiguration, TheSelectionIsWrittenInEitherSpellingAndBelowItsWrapper) {
  for (const char* text : {"selection.n_samples=10", "selectionConfig.nSamples=10", "selection_config.n_samples=10"}) {
    const auto parsed = parse_overrides({text});
    ASSERT_TRUE(parsed) << text << ": " << message_of(parsed);
    EXPECT_EQ(parsed->config.selection_n_samples, 10) << text;
  }
  EXPECT_EQ(parse_overrides({"selection=a/select.json"})->config.selection, "a/select.json");
  EXPECT_EQ(parse_overrides({"stoppingCondition.nSamples=0.1"})->config.stopping_condition_n_samples, 0.1);
}

std::string strategies_of(const std::string& yaml) {
  const auto parsed = parse_file(yaml);
  EXPECT_TRUE(parsed) << message_of(parsed);
  return parsed ? parsed->config.selection_strategies : "";
}

TEST(RunConfiguration, NoneIsTheDefaultInFilesToo) {
  EXPECT_EQ(parse_file("num_threads: None\nmodel: None\n")->config.model, "");
  EXPECT_EQ(parse_file("model: 'None'\n")->config.model, "None");
  EXPECT_EQ(strategies_of("selection: {strategies: [{a: None, b: 'None'}]}"), R"([{"a":null,"b":"None"}])");
}

TEST(RunConfiguration, AListInAFileBecomesJson) {
  EXPECT_EQ(strategies_of(R"(
selection:
  n_samples: 10
  strategies:
    - input: {type: PREDICTIONS, task: lightly_pretagging, categories: [car, "bus"]}
      strategy:
        type: BALANCE
        target: {car: 0.5, "bus": 0.25}
    - input:
        type: RANDOM
        random_seed: 3
      strategy: {type: WEIGHTS, strength: 1.5}
)"),
            R"([{"input":{"type":"PREDICTIONS","task":"lightly_pretagging","categories":["car","bus"]},)"
            R"("strategy":{"type":"BALANCE","target":{"car":0.5,"bus":0.25}}},)"
            R"({"input":{"type":"RANDOM","random_seed":3},"strategy":{"type":"WEIGHTS","strength":1.5}}])");
}

TEST(RunConfiguration, QuotesInAListKeepTextAndPlainWordsBecomeWhatTheyAre) {
  EXPECT_EQ(strategies_of("selection.strategies: [5, '5', -1.5e3, true, 'true', word, '', ~, \"a \\\"b\\\"\"]\n"),
            R"([5,"5",-1500.0,true,"true","word","",null,"a \"b\""])");
}

TEST(RunConfiguration, ListsMayBeEmptyAndNested) {
  EXPECT_EQ(strategies_of("selection:\n  strategies: []\n"), "[]");
  EXPECT_EQ(strategies_of("selection:\n  strategies: [[], {}, [[1, 2], {a: {b: []}}]]\n"),
            R"([[],{},[[1,2],{"a":{"b":[]}}]])");
}

TEST(RunConfiguration, AListMayBeWrittenOverSeveralLines) {
  const auto parsed =
      parse_overrides({"selection.strategies=[{\"input\": {\"type\": \"RANDOM\"},\r\n\t\"strategy\": {}}]"});
  ASSERT_TRUE(parsed) << message_of(parsed);
  EXPECT_EQ(parsed->config.selection_strategies, R"([{"input": {"type": "RANDOM"},   "strategy": {}}])");
  EXPECT_FALSE(parse_overrides({"selection.strategies=[\x01]"}));
  EXPECT_FALSE(parse_overrides({"model=a\nb"})) << "other text has one line";
}

TEST(RunConfiguration, AListIsReadBackFromTheEffectiveConfiguration) {
  const auto parsed =
      parse_file("selection:\n  strategies:\n    - {input: {type: RANDOM}, strategy: {type: WEIGHTS}}\n");
  ASSERT_TRUE(parsed) << message_of(parsed);
  const auto again = parse_file(to_yaml(parsed->config));
  ASSERT_TRUE(again) << message_of(again);
  EXPECT_EQ(again->config.selection_strategies, parsed->config.selection_strategies);
}

TEST(RunConfiguration, OddOverridesAreRefused) {
  for (const char* text : {"", "=", "=5", "pretagging", " =1"}) EXPECT_FALSE(parse_overrides({text})) << text;
}

struct BadFile {
  const char *text, *complaint;
};
class RefusedFile : public testing::TestWithParam<BadFile> {};

TEST_P(RefusedFile, SaysWhereAndWhy) {
  const auto parsed = parse_file(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_TRUE(parsed.error().code == ErrorCode::kInvalidArgument || parsed.error().code == ErrorCode::kUnsupported);
  EXPECT_THAT(parsed.error().message, testing::StartsWith("c.yaml:"));
  EXPECT_THAT(parsed.error().message, HasSubstr(GetParam().complaint));
  EXPECT_TRUE(std::ranges::none_of(parsed.error().message, [](unsigned char c) { return c < 0x20; }));
}

INSTANTIATE_TEST_SUITE_P(
    RunConfiguration, RefusedFile,
    testing::Values(
        BadFile{"just words", "key: value"}, BadFile{"- a\n- b\n", "not a list"}, BadFile{"a: [1, 2\n", "not YAML"},
        BadFile{"seed: 1\n\tmodel: x\n", "not YAML"}, BadFile{"seed: 1\nseed: 2\n", "c.yaml:2: seed is given twice"},
        BadFile{"num_threads: 1\nnumThreads: 2\n", "given twice"}, BadFile{"seed: [1, 2]\n", "seed cannot be a list"},
        BadFile{"seed: {a: 1}\n", "unknown key"}, BadFile{"seed: 1\n---\nseed: 2\n", "second one"},
        BadFile{"? [a, b]\n: 1\n", "a key cannot be a list"}, BadFile{"? {a: b}\n: 1\n", "a key cannot be a map"},
        BadFile{": 1\n", "a key is empty"}, BadFile{"seed: &s 1\nnum_threads: *s\n", "aliases"},
        BadFile{"num_threads: 0\n", "c.yaml:1: num_threads"},
        BadFile{"model: \"\\\x01\"\n", "unknown escape character: ?"}));

TEST(RunConfiguration, ABombOfAliasesCostsNothing) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    bomb += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", c, static_cast<char>(c - 1));
  }
  EXPECT_THAT(message_of(parse_file(bomb)), HasSubstr("c.yaml:2: aliases"));
}

TEST(RunConfiguration, DepthCountAndSizeAreLimited) {
  EXPECT_FALSE(parse_file("lightly: " + std::string(100'000, '[')));
  std::string deep = "lightly: ";
  for (int i = 0; i < 100; ++i) deep += "{a: ";
  EXPECT_THAT(message_of(parse_file(deep + "1" + std::string(100, '}'))), HasSubstr("nested too deeply"));
  std::string many = "lightly:\n";
  for (int i = 0; i < 5000; ++i) many += fmt::format("  key{}: 1\n", i);
  EXPECT_THAT(message_of(parse_file(many)), HasSubstr("too many keys"));
  EXPECT_THAT(message_of(parse_file(std::string(1 << 20, '#'))), HasSubstr("too many for a configuration"));
}

TEST(RunConfiguration, WhatIsWrittenIsReadBack) {
  const auto parsed = parse_overrides({"model=null and \"void\": # \xC3\xA4", "precision=bf16", "score_threshold=0.1",
                                       "num_threads=7", "pretagging=False", "seed=12345678901"});
  ASSERT_TRUE(parsed) << message_of(parsed);
  const auto again = parse_file(to_yaml(parsed->config));
  ASSERT_TRUE(again) << message_of(again);
  EXPECT_EQ(to_yaml(again->config), to_yaml(parsed->config));
  EXPECT_EQ(again->config.model, parsed->config.model);
  EXPECT_EQ(again->config.score_threshold, 0.1);
  EXPECT_EQ(again->config.seed, 12345678901);
  EXPECT_FALSE(again->config.pretagging);
}

}  // namespace
}  // namespace pretag
