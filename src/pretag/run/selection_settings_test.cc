#include "pretag/run/selection_settings.h"

#include <gmock/gmock.h>

#include "pretag/run/config.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::HasSubstr;

class SelectionSettings : public testing::Test {
 protected:
  Result<std::optional<SelectionConfig>> read(std::vector<std::string> settings) const {
    const auto parsed = parse_run_config(std::nullopt, settings);
    if (!parsed) return parsed.error();
    return selection_config_of(parsed->config, files_);
  }
  SelectionConfig selection(std::vector<std::string> settings) const {
    auto found = read(std::move(settings));
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    if (!found || !*found) return {};
    return **std::move(found);
  }
  std::string message(std::vector<std::string> settings) const {
    const auto found = read(std::move(settings));
    return found ? "(no error)" : found.error().message;
  }

  MemoryFileSystem files_;
};

std::string strategies(const SelectionConfig& selection) {
  std::string text;
  for (const SelectionEntry& entry : selection.entries) {
    const bool scored = entry.input.type == InputType::kScores;
    text += text.empty() ? "" : " ";
    text += entry.strategy.type == StrategyType::kDiversity   ? "diversity"
            : entry.input.type == InputType::kRandom          ? "random"
            : entry.strategy.type == StrategyType::kThreshold ? "threshold"
                                                              : "weights";
    if (scored) text += ":" + entry.input.task + ":" + entry.input.score;
  }
  return text;
}

TEST_F(SelectionSettings, NothingIsSelectedUnlessSomethingSaysHowMuch) {
  const auto found = read({});
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_value());
  EXPECT_FALSE(read({"seed=3", "n_example_images=2"})->has_value());
}

TEST_F(SelectionSettings, ANumberAloneIsDiversity) {
  const SelectionConfig found = selection({"selection.n_samples=10"});
  EXPECT_EQ(found.n_samples, 10);
  EXPECT_FALSE(found.proportion_samples);
  EXPECT_EQ(strategies(found), "diversity");
  EXPECT_EQ(selection({"selection.proportion_samples=0.5"}).proportion_samples, 0.5);
}

TEST_F(SelectionSettings, AFileSaysWhatAndHowMuch) {
  files_.add("s.json",
             R"({"nSamples": 7, "strategies": [{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]})");
  const SelectionConfig found = selection({"selection=s.json"});
  EXPECT_EQ(found.n_samples, 7);
  EXPECT_EQ(strategies(found), "random");
}

TEST_F(SelectionSettings, TheCommandLineReplacesWhatTheFileSays) {
  files_.add("s.json",
             R"({"nSamples": 7, "strategies": [{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]})");
  EXPECT_EQ(selection({"selection=s.json", "selection.n_samples=9"}).n_samples, 9);
  const SelectionConfig share = selection({"selection=s.json", "selection.proportion_samples=0.2"});
  EXPECT_FALSE(share.n_samples);
  EXPECT_EQ(share.proportion_samples, 0.2);
  EXPECT_EQ(strategies(share), "random");
  EXPECT_EQ(strategies(selection(
                {"selection=s.json",
                 R"(selection.strategies=[{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}])"})),
            "diversity");
}

TEST_F(SelectionSettings, ProblemsOfTheFileNameIt) {
  files_.add("s.json", R"({"n_sample": 7})");
  EXPECT_EQ(message({"selection=s.json"}),
            "s.json: selection has an unknown key 'n_sample': did you mean 'n_samples'?");
  EXPECT_THAT(message({"selection=none.json"}), HasSubstr("none.json"));
  EXPECT_THAT(message({"selection.n_samples=1", "selection.strategies=[1]"}), HasSubstr("selection: strategies[0]"));
}

TEST_F(SelectionSettings, ExactlyOneAmountIsGiven) {
  EXPECT_EQ(message({"selection.n_samples=5", "selection.proportion_samples=0.5"}),
            "selection: give n_samples or proportion_samples, one of the two; both are given");
  files_.add("none.json", R"({"strategies": [{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]})");
  EXPECT_EQ(message({"selection=none.json"}),
            "selection: give n_samples or proportion_samples, one of the two; neither is given");
  files_.add("both.json", R"({"n_samples": 5, "proportion_samples": 0.1})");
  EXPECT_THAT(message({"selection=both.json"}), HasSubstr("both are given"));
}

TEST_F(SelectionSettings, AmountsHaveARange) {
  EXPECT_THAT(message({"selection.n_samples=0"}), HasSubstr("selection.n_samples"));
  EXPECT_THAT(message({"selection.proportion_samples=1.5"}), HasSubstr("selection.proportion_samples"));
  EXPECT_EQ(message({"selection.proportion_samples=0"}),
            "selection.proportion_samples is 0: it must be above 0 and at most 1");
  files_.add("s.json", R"({"n_samples": -3})");
  EXPECT_EQ(message({"selection=s.json"}), "selection.n_samples is -3: it must be at least 1");
  files_.add("p.json", R"({"proportion_samples": 1.01})");
  EXPECT_THAT(message({"selection=p.json"}), HasSubstr("it must be above 0 and at most 1"));
}

TEST_F(SelectionSettings, TheOlderInterfaceSaysTheSameInOtherWords) {
  const SelectionConfig share = selection({"stopping_condition.n_samples=0.1"});
  EXPECT_EQ(share.proportion_samples, 0.1);
  EXPECT_FALSE(share.n_samples);
  EXPECT_EQ(strategies(share), "diversity");
  EXPECT_EQ(selection({"stopping_condition.n_samples=100"}).n_samples, 100);
  EXPECT_EQ(selection({"stopping_condition.n_samples=1"}).proportion_samples, 1);

  const SelectionConfig distance = selection({"stopping_condition.min_distance=0.3"});
  EXPECT_EQ(distance.proportion_samples, 1);
  EXPECT_EQ(distance.entries.at(0).strategy.stopping_condition_minimum_distance, 0.3);
}

TEST_F(SelectionSettings, MethodsAreStrategies) {
  const std::string amount = "stopping_condition.n_samples=9";
  EXPECT_EQ(strategies(selection({amount, "method=coreset"})), "diversity");
  EXPECT_EQ(strategies(selection({amount, "method=random"})), "random");
  EXPECT_EQ(strategies(selection({amount, "method=coral"})), "diversity weights:lightly_pretagging:object_frequency");
  EXPECT_EQ(strategies(selection({amount, "method=coral", "scorer=uncertainty_margin"})),
            "diversity weights:lightly_pretagging:uncertainty_margin");
  EXPECT_EQ(strategies(selection({amount, "method=active_learning"})), "weights:lightly_pretagging:object_frequency");
  EXPECT_EQ(strategies(selection({amount, "method=active_learning", "active_learning.task_name=t"})),
            "weights:t:uncertainty_margin");
  EXPECT_EQ(strategies(selection({amount, "active_learning.task_name=t", "active_learning.score_name=s"})),
            "diversity weights:t:s");
}

TEST_F(SelectionSettings, WhatHasNoMeaningIsRefused) {
  EXPECT_THAT(message({"stopping_condition.n_samples=10.5"}), HasSubstr("stopping_condition.n_samples is 10.5"));
  EXPECT_THAT(message({"stopping_condition.n_samples=0"}), HasSubstr("stopping_condition.n_samples is 0"));
  EXPECT_THAT(message({"stopping_condition.min_distance=0.1", "method=random"}),
              HasSubstr("stopping_condition.min_distance has no meaning for method=random"));
  EXPECT_THAT(message({"selection.n_samples=5", "stopping_condition.n_samples=5"}), HasSubstr("give one of them"));
  EXPECT_THAT(message({"selection.n_samples=5", "method=random"}), HasSubstr("method is of the older interface"));
  EXPECT_THAT(message({"selection.n_samples=5", "active_learning.task_name=t"}),
              HasSubstr("active_learning.task_name is of the older interface"));
}

TEST_F(SelectionSettings, WhatNeedsAnAmountSaysSo) {
  EXPECT_EQ(message({"method=random"}),
            "method is given, but not how many to select: add stopping_condition.n_samples=…");
  EXPECT_EQ(message({"pretagging_config=c.json"}),
            "pretagging_config is given, but not how many to select: add selection.n_samples=…");
  EXPECT_THAT(message({"datapool.name=pool"}), HasSubstr("datapool.name is given, but not how many"));
  EXPECT_THAT(message({"selected_sequence_length=5"}),
              HasSubstr("selected_sequence_length is given, but not how many"));
}

TEST_F(SelectionSettings, LeastCountsAreThresholds) {
  files_.add("c.json", R"({"person": 1, "car": 2})");
  for (const char* amount : {"selection.n_samples=5", "stopping_condition.n_samples=5"}) {
    const SelectionConfig found = selection({amount, "pretagging_config=c.json"});
    EXPECT_EQ(strategies(found), "diversity threshold threshold");
    const SelectionEntry& car = found.entries.at(1);
    EXPECT_EQ(car.input.categories, std::vector<std::string>{"car"});
    EXPECT_EQ(car.input.columns, PredictionColumns::kCategoryCount);
    EXPECT_EQ(car.input.task, "lightly_pretagging");
    EXPECT_EQ(car.strategy.threshold, 2);
    EXPECT_EQ(car.strategy.operation, ThresholdOperation::kBiggerEqual);
    EXPECT_EQ(car.origin, "c.json");
  }
}

TEST_F(SelectionSettings, OddLeastCountsAreRefused) {
  for (const char* text : {"", "[]", "{}", "{\"car\": -1}", "{\"car\": 1.5}", "{\"car\": \"1\"}", "{\"car\": true}"}) {
    files_.add("c.json", text);
    EXPECT_THAT(message({"selection.n_samples=5", "pretagging_config=c.json"}), HasSubstr("c.json: must hold")) << text;
  }
  EXPECT_THAT(message({"selection.n_samples=5", "pretagging_config=none.json"}), HasSubstr("none.json"));
}

TEST_F(SelectionSettings, SequencesNeedAMultiple) {
  std::vector<std::string> settings = {"selected_sequence_length=4", "selection.n_samples=8"};
  EXPECT_EQ(selection(settings).n_samples, 8);
  settings.back() = "selection.n_samples=9";
  EXPECT_EQ(message(settings), "selection.n_samples is 9: it must be a multiple of selected_sequence_length, 4");
  settings.back() = "selection.proportion_samples=0.3";
  EXPECT_EQ(message(settings), "(no error)");
}

TEST_F(SelectionSettings, TheDetectorIsNeededForWhatItFinds) {
  EXPECT_TRUE(needs_detector(selection({"selection.n_samples=5"}), false));
  EXPECT_FALSE(needs_detector(selection({"selection.n_samples=5"}), true));
  EXPECT_FALSE(needs_detector(selection({"stopping_condition.n_samples=5", "method=random"}), false));
  EXPECT_TRUE(needs_detector(selection({"stopping_condition.n_samples=5", "method=active_learning"}), true));
}

}  // namespace
}  // namespace pretag
