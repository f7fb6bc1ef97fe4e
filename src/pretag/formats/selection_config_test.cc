#include "pretag/formats/selection_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

SelectionConfig read(const std::string& text) {
  auto config = read_selection_config(text);
  EXPECT_TRUE(config) << (config ? "" : config.error().message);
  return config ? *std::move(config) : SelectionConfig{};
}

// One strategy, both halves as JSON.
std::string with(const std::string& input, const std::string& strategy) {
  return fmt::format(R"({{"n_samples": 5, "strategies": [{{"input": {}, "strategy": {}}}]}})", input, strategy);
}

SelectionEntry entry(const std::string& input, const std::string& strategy) {
  const SelectionConfig config = read(with(input, strategy));
  EXPECT_EQ(config.entries.size(), 1u);
  return config.entries.empty() ? SelectionEntry{} : config.entries[0];
}

TEST(SelectionConfigFile, ReadsWhatPeopleWrite) {
  const SelectionConfig config = read(R"({
    "n_samples": 50,  // of all images
    "strategies": [
      {"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}},
      {"input": {"type": "PREDICTIONS", "task": "lightly_pretagging", "name": "CLASS_DISTRIBUTION"},
       "strategy": {"type": "BALANCE", "target": {"car": 0.1, "person": 0.2}, "strength": 2}}
    ]})");
  EXPECT_EQ(config.n_samples, 50);
  EXPECT_FALSE(config.proportion_samples);
  ASSERT_EQ(config.entries.size(), 2u);
  EXPECT_EQ(config.entries[0].strategy.type, StrategyType::kDiversity);
  EXPECT_EQ(config.entries[0].strategy.strength, 1);
  EXPECT_EQ(config.entries[1].input.task, "lightly_pretagging");
  EXPECT_EQ(config.entries[1].strategy.target.at("person"), 0.2);
  EXPECT_EQ(config.entries[1].strategy.strength, 2);
}

TEST(SelectionConfigFile, ReadsWhatTheClientSends) {
  const SelectionConfig config = read(R"({"nSamples": -1, "proportionSamples": 0.25, "strategies": [
      {"input": {"type": "EMBEDDINGS"},
       "strategy": {"type": "DIVERSITY", "stopping_condition_minimum_distance": 0.2, "strength": 0.5}},
      {"input": {"type": "EMBEDDINGS"},
       "strategy": {"type": "TYPICALITY", "numNearestNeighbors": 5, "stoppingConditionMinimumTypicality": 0.1}},
      {"input": {"type": "RANDOM", "randomSeed": 42},
       "strategy": {"type": "WEIGHTS", "stoppingConditionMaxSum": 12}}], "autoTasks": []})");
  EXPECT_FALSE(config.n_samples);
  EXPECT_EQ(config.proportion_samples, 0.25);
  ASSERT_EQ(config.entries.size(), 3u);
  EXPECT_EQ(config.entries[0].strategy.stopping_condition_minimum_distance, 0.2);
  EXPECT_EQ(config.entries[0].strategy.strength, 0.5);
  EXPECT_EQ(config.entries[1].strategy.num_nearest_neighbors, 5);
  EXPECT_EQ(config.entries[1].strategy.stopping_condition_minimum_typicality, 0.1);
  EXPECT_EQ(config.entries[2].input.random_seed, 42);
  EXPECT_EQ(config.entries[2].strategy.stopping_condition_max_sum, 12);
}

TEST(SelectionConfigFile, NullIsNotGiven) {
  const SelectionConfig config = read(R"({"n_samples": 3, "proportion_samples": null, "lightlyPathRegex": null})");
  EXPECT_EQ(config.n_samples, 3);
  EXPECT_FALSE(config.proportion_samples);
}

TEST(SelectionConfigFile, EveryPairThatGoesTogetherIsTaken) {
  const std::string score = R"({"type": "SCORES", "task": "t", "score": "object_frequency"})";
  const std::string metadata = R"({"type": "METADATA", "key": "lightly.sharpness"})";
  const std::string counts = R"({"type": "PREDICTIONS", "task": "t", "name": "CATEGORY_COUNT", "categories": ["car"]})";
  const std::string threshold = R"({"type": "THRESHOLD", "threshold": 0.5, "operation": "BIGGER"})";
  for (const std::string& input : {score, metadata, counts}) {
    EXPECT_EQ(entry(input, R"({"type": "WEIGHTS"})").strategy.type, StrategyType::kWeights);
    EXPECT_EQ(entry(input, threshold).strategy.operation, ThresholdOperation::kBigger);
  }
  const SelectionEntry uniform = entry(metadata, R"({"type": "BALANCE", "distribution": "UNIFORM"})");
  EXPECT_EQ(uniform.strategy.distribution, BalanceDistribution::kUniform);
  EXPECT_EQ(entry(counts, R"({"type": "BALANCE", "distribution": "INPUT"})").input.columns,
            PredictionColumns::kCategoryCount);
  EXPECT_EQ(entry(R"({"type": "EMBEDDINGS", "query": "run1"})", R"({"type": "SIMILARITY"})").input.query, "run1");
  EXPECT_EQ(entry(R"({"type": "EMBEDDINGS", "task": "t"})", R"({"type": "DIVERSITY"})").input.task, "t");
}

TEST(SelectionConfigFile, EveryOperationIsKnown) {
  const auto operation = [](const std::string& name) {
    return entry(R"({"type": "METADATA", "key": "k"})",
                 fmt::format(R"({{"type": "THRESHOLD", "threshold": 1, "operation": "{}"}})", name))
        .strategy.operation;
  };
  EXPECT_EQ(operation("SMALLER"), ThresholdOperation::kSmaller);
  EXPECT_EQ(operation("SMALLER_EQUAL"), ThresholdOperation::kSmallerEqual);
  EXPECT_EQ(operation("BIGGER"), ThresholdOperation::kBigger);
  EXPECT_EQ(operation("BIGGER_EQUAL"), ThresholdOperation::kBiggerEqual);
}

struct BadConfig {
  std::string text, complaint;
};
class RefusedSelectionConfig : public testing::TestWithParam<BadConfig> {};

TEST_P(RefusedSelectionConfig, SaysWhereAndWhy) {
  const auto config = read_selection_config(GetParam().text);
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().code == ErrorCode::kInvalidArgument || config.error().code == ErrorCode::kUnsupported);
  EXPECT_THAT(config.error().message, HasSubstr(GetParam().complaint));
  EXPECT_EQ(config.error().message.find('\n'), std::string::npos);
}

const std::string kEmbeddings = R"({"type": "EMBEDDINGS"})", kDiversity = R"({"type": "DIVERSITY"})";
const std::string kMetadata = R"({"type": "METADATA", "key": "k"})";
const std::string kClasses = R"({"type": "PREDICTIONS", "task": "t"})";

INSTANTIATE_TEST_SUITE_P(
    SelectionConfigFile, RefusedSelectionConfig,
    testing::Values(
        BadConfig{"", "not valid JSON at byte"}, BadConfig{"[]", "selection must be an object"},
        BadConfig{R"({"n_samples": 5)", "not valid JSON"},
        BadConfig{R"({"n_samples": "5"})", "selection.n_samples must be a"},
        BadConfig{R"({"n_samples": 1.5})", "selection.n_samples must be a whole number"},
        BadConfig{R"({"n_samples": 1e300})", "selection.n_samples must be a whole number"},
        BadConfig{R"({"proportion_samples": true})", "selection.proportion_samples must be a"},
        BadConfig{R"({"n_sample": 5})", "unknown key 'n_sample': did you mean 'n_samples'?"},
        BadConfig{R"({"nsamples": 5})", "did you mean 'nSamples'?"},
        BadConfig{R"({"zzz": 5})", "selection has an unknown key 'zzz': known are n_samples"},
        BadConfig{R"({"n_samples": 5, "nSamples": 6})", "gives both 'n_samples' and 'nSamples'"},
        BadConfig{R"({"strategies": []})", "strategies must be a list with at least one strategy"},
        BadConfig{R"({"strategies": {}})", "strategies must be a list"},
        BadConfig{R"({"strategies": [5]})", "strategies[0] must be an object"},
        BadConfig{R"({"strategies": [{"strategy": {}}]})", "strategies[0].input is missing"},
        BadConfig{R"({"strategies": [{"input": {}}]})", "strategies[0].strategy is missing"},
        BadConfig{R"({"autoTasks": [{"type": "TILING"}]})", "later version"},
        BadConfig{R"({"lightlyPathRegex": "a.*"})", "relevant_filenames_file"},
        BadConfig{with(R"({})", kDiversity), "strategies[0].input.type is missing: it is one of EMBEDDINGS"},
        BadConfig{with(R"({"type": "EMBEDDING"})", kDiversity), "did you mean 'EMBEDDINGS'?"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITI"})"), "did you mean 'DIVERSITY'?"},
        BadConfig{with(kEmbeddings, R"({"type": "WEIGHTS"})"),
                  "strategies[0]: the strategy WEIGHTS does not work on EMBEDDINGS, but on SCORES"},
        BadConfig{with(kMetadata, kDiversity), "DIVERSITY does not work on METADATA, but on EMBEDDINGS"},
        BadConfig{with(R"({"type": "RANDOM"})", R"({"type": "BALANCE", "distribution": "INPUT"})"),
                  "BALANCE does not work on RANDOM"},
        BadConfig{
            with(R"({"type": "SCORES", "task": "t", "score": "s"})", R"({"type": "BALANCE", "distribution": "INPUT"})"),
            "BALANCE does not work on SCORES, but on PREDICTIONS or METADATA"},
        BadConfig{with(kClasses, R"({"type": "WEIGHTS"})"), "strategies[0].input.name must be CATEGORY_COUNT"},
        BadConfig{with(kEmbeddings, R"({"type": "SIMILARITY"})"), "strategies[0].input.query is missing"},
        BadConfig{with(R"({"type": "EMBEDDINGS", "query": "q"})", kDiversity), "only for the strategy SIMILARITY"},
        BadConfig{with(R"({"type": "EMBEDDINGS", "datasetId": "d", "tagName": "t"})", R"({"type": "SIMILARITY"})"),
                  "give \"query\""},
        BadConfig{with(R"({"type": "SCORES", "score": "s"})", R"({"type": "WEIGHTS"})"),
                  "strategies[0].input.task is missing: an input of type SCORES needs it"},
        BadConfig{with(R"({"type": "METADATA"})", R"({"type": "WEIGHTS"})"), "e.g. \"lightly.sharpness\""},
        BadConfig{with(R"({"type": "PREDICTIONS", "task": "t", "categories": "car"})", R"({"type": "BALANCE"})"),
                  "a list of class names"},
        BadConfig{with(R"({"type": "PREDICTIONS", "task": "t", "name": "CLASS_DIST"})", R"({"type": "BALANCE"})"),
                  "strategies[0].input.name is 'CLASS_DIST'"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITY", "strength": -1})"),
                  "strategies[0].strategy.strength is -1: it must be at least 0"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITY", "strength": 1e400})"), "out of range"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITY", "strenght": 1})"), "did you mean 'strength'?"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITY", "threshold": 1})"), "unknown key 'threshold'"},
        BadConfig{with(kEmbeddings, R"({"type": "DIVERSITY", "stopping_condition_minimum_distance": 2.5})"),
                  "stopping_condition_minimum_distance is 2.5: it must be between 0 and 2"},
        BadConfig{with(kEmbeddings, R"({"type": "TYPICALITY", "numNearestNeighbors": 1})"), "between 2 and 1000"},
        BadConfig{with(kEmbeddings, R"({"type": "TYPICALITY", "stoppingConditionMinimumTypicality": 2})"),
                  "between 0 and 1"},
        BadConfig{with(kMetadata, R"({"type": "WEIGHTS", "stoppingConditionMaxSum": -2})"), "at least 0"},
        BadConfig{with(kMetadata, R"({"type": "WEIGHTS", "targetRange": {"minSum": 1}})"),
                  "stopping_condition_max_sum"},
        BadConfig{with(kMetadata, R"({"type": "THRESHOLD", "operation": "BIGGER"})"),
                  "strategies[0].strategy.threshold is missing"},
        BadConfig{with(kMetadata, R"({"type": "THRESHOLD", "threshold": 1})"),
                  "operation is missing: it is one of SMALLER"},
        BadConfig{with(kMetadata, R"({"type": "THRESHOLD", "threshold": 1, "operation": "BIGER"})"),
                  "did you mean 'BIGGER'?"},
        BadConfig{with(kClasses, R"({"type": "BALANCE"})"), "strategies[0].strategy.target is missing"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "target": {}})"), "target is missing"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "target": {"car": 0.7, "bus": 0.4}})"),
                  "target adds up to 1.1"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "target": {"car": 1.2}})"), "target of 'car' must be a share"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "target": {"car": -0.1}})"), "target of 'car'"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "target": {"car": "much"}})"), "target of 'car'"},
        BadConfig{with(kClasses, R"({"type": "BALANCE", "distribution": "UNIFORM", "target": {"car": 1}})"),
                  "only for \"distribution\": \"TARGET\""}));

TEST(SelectionConfigFile, TheSecondOfTwoStrategiesIsNamed) {
  const auto config = read_selection_config(fmt::format(
      R"({{"strategies": [{{"input": {0}, "strategy": {1}}}, {{"input": {0}, "strategy": {{"type": "WEIGHT"}}}}]}})",
      kEmbeddings, kDiversity));
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, StartsWith("strategies[1].strategy.type is 'WEIGHT': did you mean 'WEIGHTS'?"));
}

TEST(SelectionConfigFile, SharesThatAddUpToOneButForRoundingAreTaken) {
  EXPECT_EQ(entry(kClasses, R"({"type": "BALANCE", "target": {"a": 0.7, "b": 0.2, "c": 0.1}})").strategy.target.size(),
            3u);
}

TEST(SelectionConfigFile, SizeNestingAndCountAreLimited) {
  EXPECT_FALSE(read_selection_config(std::string(100'000, '[')));
  std::string deep(30, '['), deep_end(30, ']');
  EXPECT_THAT(read_selection_config(R"({"strategies": )" + deep + deep_end + "}").error().message,
              HasSubstr("nested too deeply"));
  EXPECT_THAT(read_selection_config(std::string(2 << 20, ' ')).error().message, HasSubstr("bytes"));
  std::string many = "[";
  for (int i = 0; i < 101; ++i)
    many += (i > 0 ? "," : "") + fmt::format(R"({{"input": {}, "strategy": {}}})", kEmbeddings, kDiversity);
  EXPECT_THAT(read_selection_strategies(many + "]").error().message, HasSubstr("at most 100 strategies"));
}

TEST(SelectionConfigFile, TheListAloneIsReadAsWell) {
  const auto entries = read_selection_strategies(R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])");
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->at(0).input.type, InputType::kRandom);
  EXPECT_FALSE(read_selection_strategies(R"({"strategies": []})"));
}

// A share of the images by chance, the same for a name each time.
TEST(SelectionConfigFile, AThresholdMayBeOfNumbersByChance) {
  const auto entries = read_selection_strategies(
      R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "THRESHOLD", "threshold": 0.5, "operation": "SMALLER"}}])");
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->at(0).strategy.threshold, 0.5);
}

TEST(SelectionConfigFile, StrategiesAreDescribedInOneLine) {
  EXPECT_EQ(describe(entry(kEmbeddings, kDiversity)), "diversity of image embeddings");
  EXPECT_EQ(describe(entry(kMetadata, R"({"type": "WEIGHTS", "strength": 2})")), "weights of k, strength 2");
  EXPECT_EQ(describe(entry(kMetadata, R"({"type": "THRESHOLD", "threshold": 0.5, "operation": "SMALLER_EQUAL"})")),
            "threshold: k at most 0.5");
  // Every digit, or a window of time looks empty.
  EXPECT_EQ(
      describe(entry(kMetadata, R"({"type": "THRESHOLD", "threshold": 1717372800, "operation": "BIGGER_EQUAL"})")),
      "threshold: k at least 1717372800");
  EXPECT_EQ(
      describe(entry(R"({"type": "PREDICTIONS", "task": "t", "name": "CATEGORY_COUNT", "categories": ["a", "b"]})",
                     R"({"type": "WEIGHTS"})")),
      "weights of object counts of t (a, b)");
}

}  // namespace
}  // namespace pretag
