#include "pretag/run/selection_table.h"

#include <gmock/gmock.h>

#include "pretag/run/selection_pass.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

// A user's semantic segmentation: of a.jpg two segments of 6 and 2 pixels, of b.jpg no file, of c.jpg two of one class.
class SegmentationColumns : public testing::Test {
 protected:
  void SetUp() override {
    files_.add("in/.lightly/predictions/tasks.json", R"(["scene"])");
    files_.add("in/.lightly/predictions/scene/schema.json",
               R"({"task_type": "semantic-segmentation",
                   "categories": [{"id": 3, "name": "road"}, {"id": 5, "name": "sky"}, {"id": 8, "name": "car"}]})");
    files_.add("in/.lightly/predictions/scene/a.json",
               R"({"file_name": "a.jpg", "predictions": [
                    {"category_id": 3, "segmentation": [2, 5, 2, 1], "probabilities": [0.7, 0.2, 0.1], "score": 0.7},
                    {"category_id": 5, "segmentation": [0, 2, 8], "score": 0.4}]})");
    files_.add("in/.lightly/predictions/scene/c.json",
               R"({"file_name": "c.jpg", "predictions": [
                    {"category_id": 8, "segmentation": [0, 100, 200]},
                    {"category_id": 8, "segmentation": [100, 200]}]})");
  }

  Result<std::unique_ptr<SelectionColumn>> make(const SelectionEntry& entry) const {
    return make_column(entry, config_, sources_);
  }

  Objective column(const SelectionEntry& entry) const {
    Objective objective;
    const auto made = make(entry);
    EXPECT_TRUE(made.ok()) << made.error().message;
    if (!made) return objective;
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
      ImageResult image;
      image.info.filename = name;
      EXPECT_TRUE((*made)->add({image.info.filename, image}).ok());
    }
    (*made)->move_into(objective);
    return objective;
  }

  static SelectionEntry entry(InputType input, StrategyType strategy) {
    SelectionEntry entry;
    entry.input.type = input;
    entry.input.task = "scene";
    entry.strategy.type = strategy;
    return entry;
  }

  std::vector<double> scores(const std::string& name) const {
    SelectionEntry of_score = entry(InputType::kScores, StrategyType::kWeights);
    of_score.input.score = name;
    return std::get<NumericColumn>(column(of_score).input).values;
  }

  MemoryFileSystem files_;
  RunConfig config_;
  SelectionSources sources_{.files = files_, .lightly_folder = "in/.lightly", .classes = {}, .model_classes = {}};
};

// Of a.jpg the first segment has 0.7, 0.2 and 0.1, the second 0.4, 0.3 and 0.3. Those of c.jpg are sure.
TEST_F(SegmentationColumns, ScoresAreTheMeanOfThePixels) {
  EXPECT_THAT(scores("uncertainty_least_confidence"),
              Pointwise(testing::DoubleNear(1e-6), {(6 * 0.45 + 2 * 0.9) / 8, 0.0, 0.0}));
  EXPECT_THAT(scores("uncertainty_margin"), Pointwise(testing::DoubleNear(1e-6), {(6 * 0.5 + 2 * 0.9) / 8, 0.0, 0.0}));
  EXPECT_THAT(scores("uncertainty_entropy"),
              Pointwise(testing::DoubleNear(1e-6), {(6 * 1.1567796 + 2 * 1.5709506) / 8 / 1.5849625, 0.0, 0.0}));
}

TEST_F(SegmentationColumns, ThereAreNoScoresOfObjects) {
  for (const char* name : {"object_frequency", "objectness_least_confidence", "mean_uncertainty", "margin"}) {
    SelectionEntry of_score = entry(InputType::kScores, StrategyType::kWeights);
    of_score.input.score = name;
    const auto made = make(of_score);
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(made.error().message, HasSubstr(std::string("no score '") + name + "' of a semantic segmentation"));
  }
}

TEST_F(SegmentationColumns, TheDistributionIsTheMeanOfThePixels) {
  // 0.75 of a.jpg have the probabilities, 0.25 are sky; c.jpg is all of cars, and counts no more for being larger.
  const auto columns = std::get<ClassColumns>(column(entry(InputType::kPredictions, StrategyType::kBalance)).input);
  EXPECT_THAT(columns.classes, ElementsAre("road", "sky", "car"));
  EXPECT_THAT(columns.values,
              Pointwise(testing::FloatNear(1e-6f), {0.525f, 0.4f, 0.075f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 1.0f}));
}

TEST_F(SegmentationColumns, TheDistributionOfSomeClassesIsTheirPart) {
  SelectionEntry sky = entry(InputType::kPredictions, StrategyType::kBalance);
  sky.input.categories = {"sky"};
  EXPECT_THAT(std::get<ClassColumns>(column(sky).input).values,
              Pointwise(testing::FloatNear(1e-6f), {0.4f, 0.0f, 0.0f}));
}

TEST_F(SegmentationColumns, CountsAreOfSegments) {
  SelectionEntry counts = entry(InputType::kPredictions, StrategyType::kBalance);
  counts.input.columns = PredictionColumns::kCategoryCount;
  EXPECT_THAT(std::get<ClassColumns>(column(counts).input).values, ElementsAre(1, 1, 0, 0, 0, 0, 0, 0, 2));
  counts.strategy.type = StrategyType::kWeights;
  EXPECT_THAT(std::get<NumericColumn>(column(counts).input).values, ElementsAre(2, 0, 2));
}

TEST_F(SegmentationColumns, SegmentsAreNoObjects) {
  const auto embeddings = make(entry(InputType::kEmbeddings, StrategyType::kDiversity));
  ASSERT_FALSE(embeddings.ok());
  EXPECT_EQ(embeddings.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(embeddings.error().message, HasSubstr("the task 'scene' is a semantic segmentation"));
  config_.object_level_task = "scene";
  const Status selected = check_selection({}, config_, sources_);
  ASSERT_FALSE(selected.ok());
  EXPECT_EQ(selected.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(
      selected.error().message,
      HasSubstr("object_level.task_name: scene is a semantic segmentation, whose segments may be many objects"));
}

}  // namespace
}  // namespace pretag
