#include <fmt/format.h>
#include <gmock/gmock.h>

#include "pretag/formats/selection_config.h"
#include "pretag/run/embedded_tasks.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Objects of two classes with embeddings in the plane.
class ObjectsAreSelected : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(":memory:");
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = *std::move(opened);
    ASSERT_TRUE(ledger_->set_fact(kOutputClassesFact, R"(["car", "person"])").ok());
    ASSERT_TRUE(ledger_->set_fact(kScoreThresholdFact, "0.5").ok());
    config_.object_level_task = kPretaggingTask;
    config_.selection_n_samples = 2;
  }

  static Detection object(const std::string& label, float score, Embedding embedding) {
    const float left = 100 * score;
    return {.box_in_image = {left, 10, left + 5, 20},
            .label = label,
            .score = score,
            .probabilities = {},
            .embedding = std::move(embedding)};
  }

  void image(const std::string& name, std::vector<Detection> objects, const std::string& hash = "") {
    ImageResult result;
    result.info = {.filename = name, .width = 200, .height = 100, .bytes = 1, .content_hash = hash, .quality = {}};
    result.info.quality.sharpness = static_cast<float>(sharpness_++);
    result.detections = std::move(objects);
    ASSERT_TRUE(ledger_->record({result}, {}).ok());
  }

  Result<Selection> select() {
    PRETAG_ASSIGN(const auto settings, selection_config_of(config_, files_));
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*ledger_, files_));
    PRETAG_TRY(check_selection(*settings, config_, sources));
    return select_from_ledger(*ledger_, {*settings, config_, sources, pool_, 1, nullptr});
  }

  std::vector<std::string> chosen(const Selection& selection) const {
    std::vector<std::string> names;
    for (const SelectedObject& object : selection.objects->selected) {
      names.push_back(fmt::format("{} {}", object.filename, object.index));
    }
    return names;
  }

  std::string message() {
    const auto selection = select();
    return selection ? "(no error)" : selection.error().message;
  }

  MemoryFileSystem files_;
  std::unique_ptr<Ledger> ledger_;
  RunConfig config_;
  EmbeddingsTable pool_;
  int sharpness_ = 0;
};

TEST_F(ObjectsAreSelected, TheDiverseOnesAndTheirImagesWithThem) {
  image("a.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {0.99f, 0.1f}), object("car", 0.2f, {0, -1})});
  image("b.jpg", {object("person", 0.9f, {-1, 0})});
  image("c.jpg", {});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  ASSERT_TRUE(selection->objects);
  EXPECT_EQ(selection->inputs, 3);
  EXPECT_EQ(selection->candidates, 3);  // what is below the threshold is no object
  EXPECT_EQ(selection->objects->inputs(), 3);
  std::vector<std::string> images;
  for (const auto& sample : selection->selected) images.push_back(sample.filename);
  EXPECT_THAT(images, testing::UnorderedElementsAre("a.jpg", "b.jpg"));
  for (const SelectedObject& object : selection->objects->selected) {
    if (object.filename != "b.jpg") continue;
    EXPECT_EQ(object.label, "person");
    EXPECT_EQ(object.box_in_image, (Box{90, 10, 95, 20}));
    EXPECT_EQ(object.width, 200);
  }
}

TEST_F(ObjectsAreSelected, AnImageOfSeveralIsSelectedOnce) {
  image("a.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {-1, 0})});
  image("b.jpg", {});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->objects->selected.size(), 2u);
  ASSERT_EQ(selection->selected.size(), 1u);
  EXPECT_EQ(selection->selected[0].filename, "a.jpg");
}

TEST_F(ObjectsAreSelected, ByTheirOwnClassesAndScores) {
  image("a.jpg", {object("car", 0.95f, {1, 0}), object("person", 0.7f, {0, 1}), object("car", 0.6f, {1, 1})});
  image("b.jpg", {object("person", 0.9f, {1, 2})});
  config_.selection_n_samples = 10;
  config_.selection_strategies =
      R"([{"input": {"type": "PREDICTIONS", "task": "lightly_pretagging", "name": "CATEGORY_COUNT",
                     "categories": ["person"]},
           "strategy": {"type": "THRESHOLD", "threshold": 1, "operation": "BIGGER_EQUAL"}},
          {"input": {"type": "SCORES", "task": "lightly_pretagging", "score": "objectness_least_confidence"},
           "strategy": {"type": "WEIGHTS"}}])";
  auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), testing::UnorderedElementsAre("a.jpg 1", "b.jpg 0"));
  EXPECT_EQ(selection->thresholds.at(0).excluded, 2);
  EXPECT_EQ(selection->objects->classes.at(0).selected, 0);
  EXPECT_EQ(selection->objects->classes.at(1).selected, 2);
  config_.selection_n_samples = 1;
  selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), ElementsAre("a.jpg 1"));  // the less certain person
}

TEST_F(ObjectsAreSelected, InAMixOfClassesAndByMetadataOfTheirImages) {
  for (int i = 0; i < 6; ++i) {
    image(fmt::format("{}.jpg", i),
          {object("car", 0.9f, {1, 0}), object("car", 0.8f, {1, 0}), object(i < 3 ? "person" : "car", 0.7f, {1, 0})});
  }
  config_.selection_n_samples = 4;
  config_.selection_strategies =
      R"([{"input": {"type": "PREDICTIONS", "task": "lightly_pretagging"},
           "strategy": {"type": "BALANCE", "target": {"person": 0.5, "car": 0.5}}},
          {"input": {"type": "METADATA", "key": "lightly.sharpness"},
           "strategy": {"type": "THRESHOLD", "threshold": 1, "operation": "BIGGER_EQUAL"}}])";
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->objects->classes.at(1).selected, 2);
  EXPECT_EQ(selection->thresholds.at(0).excluded, 3);  // the objects of the first image
}

TEST_F(ObjectsAreSelected, ByChanceEachOnItsOwn) {
  std::vector<Detection> many(50, object("car", 0.9f, {}));
  image("a.jpg", many);
  config_.selection_n_samples = 5;
  config_.selection_strategies = R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])";
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->objects->selected.size(), 5u);
  EXPECT_NE(chosen(*selection), (std::vector<std::string>{"a.jpg 0", "a.jpg 1", "a.jpg 2", "a.jpg 3", "a.jpg 4"}));
}

TEST_F(ObjectsAreSelected, AShareIsOfTheObjects) {
  image("a.jpg", std::vector<Detection>(40, object("car", 0.9f, {1, 0})));
  config_.selection_n_samples = -1;
  config_.selection_proportion_samples = 0.25;
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->requested, 10);
}

TEST_F(ObjectsAreSelected, NoneOfADuplicate) {
  image("a.jpg", {object("car", 0.9f, {1, 0})}, "same");
  image("b.jpg", {object("car", 0.9f, {1, 0})}, "same");
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), ElementsAre("a.jpg 0"));
  EXPECT_EQ(selection->duplicates.size(), 1u);
}

TEST_F(ObjectsAreSelected, WithoutAnEmbeddingOnlyWhereNoneIsNeeded) {
  image("a.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {}), object("car", 0.7f, {})});
  auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), ElementsAre("a.jpg 0"));
  EXPECT_EQ(selection->objects->inputs(), 3);
  EXPECT_THAT(selection->notes, testing::Contains(HasSubstr("2 objects have no embedding")));
  config_.selection_strategies = R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])";
  config_.selection_n_samples = 3;
  selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->objects->selected.size(), 3u);
  EXPECT_THAT(selection->notes, IsEmpty());
}

TEST_F(ObjectsAreSelected, AwayFromThoseOfAPool) {
  image("a.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {0.9f, 0.1f})});
  image("b.jpg", {object("car", 0.9f, {0, 1})});
  image("c.jpg", {object("car", 0.9f, {-1, 0})});
  config_.datapool_name = "pool";
  config_.selection_n_samples = 1;
  pool_.columns = 2;
  pool_.filenames = {"a-jpg-lightly_pretagging-000.png", "gone-jpg-lightly_pretagging-003.png"};
  pool_.values = {1, 0, 0, 1};
  pool_.masked = pool_.selected = {0, 0};
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), ElementsAre("c.jpg 0"));
  EXPECT_EQ(selection->candidates, 3);
  EXPECT_EQ(selection->objects->preselected, 1);
  EXPECT_THAT(selection->preselected, ElementsAre("a.jpg"));
}

TEST_F(ObjectsAreSelected, NoneOfACopyOfAnImageWhoseObjectsAreInAPool) {
  image("a copy.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {0, 1})}, "same");
  image("b.jpg", {object("car", 0.9f, {1, 0}), object("car", 0.8f, {0, 1})}, "same");
  config_.datapool_name = "pool";
  pool_.columns = 2;
  pool_.filenames = {"b-jpg-lightly_pretagging-000.png"};
  pool_.values = {1, 0};
  pool_.masked = pool_.selected = {0};
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), ElementsAre("b.jpg 1"));
  EXPECT_EQ(selection->duplicates.at(0).filename, "a copy.jpg");
}

TEST_F(ObjectsAreSelected, NothingWhereThereAreNone) {
  image("a.jpg", {});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(selection->objects->selected, IsEmpty());
  EXPECT_THAT(selection->selected, IsEmpty());
  EXPECT_EQ(selection->notes.size(), 1u);
}

// Predictions of the user's, whose boxes the network was asked about.
class ObjectsOfAUserAreSelected : public ObjectsAreSelected {
 protected:
  void SetUp() override {
    ObjectsAreSelected::SetUp();
    files_.add("in/.lightly/predictions/tasks.json", R"(["mine", "scenes"])");
    files_.add(
        "in/.lightly/predictions/mine/schema.json",
        R"({"task_type": "object-detection", "categories": [{"id": 0, "name": "cone"}, {"id": 1, "name": "sign"}]})");
    files_.add("in/.lightly/predictions/scenes/schema.json",
               R"({"task_type": "classification", "categories": [{"id": 0, "name": "rain"}]})");
    files_.add("in/.lightly/predictions/mine/a.json",
               R"({"file_name": "a.jpg", "predictions": [{"category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.2},
                                                        {"category_id": 1, "bbox": [5, 6, 7, 8], "score": 0.9}]})");
    files_.add("in/.lightly/predictions/mine/b.json",
               R"({"file_name": "b.jpg", "predictions": [{"category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]})");
    ASSERT_TRUE(ledger_->set_fact(kLightlyFolderFact, "in/.lightly").ok());
    ASSERT_TRUE(claim({"mine"}));
    looked_at("a.jpg", {{{1, 2, 4, 6}, {1, 0}}, {{5, 6, 12, 14}, {0.9f, 0.1f}}});
    looked_at("b.jpg", {{{1, 2, 4, 6}, {-1, 0}}});
    config_.object_level_task = "mine";
  }

  Result<std::vector<std::string>> claim(const std::vector<std::string>& tasks) {
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*ledger_, files_));
    return claim_embedded_tasks(*ledger_, tasks, sources);
  }

  void looked_at(const std::string& name, std::vector<Region> regions) {
    ImageResult result;
    result.info = {.filename = name, .width = 200, .height = 100, .bytes = 1, .content_hash = "", .quality = {}};
    result.detections = {object("car", 0.9f, {0, 1})};
    result.embedding = {0, 1};
    result.regions = std::move(regions);
    ASSERT_TRUE(ledger_->record({result}, {}).ok());
  }
};

TEST_F(ObjectsOfAUserAreSelected, TheDiverseOnes) {
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->candidates, 3);
  EXPECT_THAT(chosen(*selection), testing::Contains("b.jpg 0"));
  const SelectedObject& object = selection->objects->selected.at(0);
  EXPECT_EQ(object.box_in_image, object.index == 1 ? (Box{5, 6, 12, 14}) : (Box{1, 2, 4, 6}));
  EXPECT_EQ(selection->objects->classes.at(1).name, "sign");
  EXPECT_EQ(selection->objects->classes.at(1).inputs, 2);
}

TEST_F(ObjectsOfAUserAreSelected, AlsoBesideAnImageThatIsCalledAsTheSchema) {
  looked_at("schema.png", {});
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_EQ(selection->candidates, 3);
}

TEST_F(ObjectsOfAUserAreSelected, AndImagesByThem) {
  config_.object_level_task = "";
  config_.selection_n_samples = 1;
  config_.selection_strategies =
      R"([{"input": {"type": "EMBEDDINGS", "task": "mine"}, "strategy": {"type": "DIVERSITY"}}])";
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_FALSE(selection->objects);
  EXPECT_EQ(selection->selected.size(), 1u);
}

TEST_F(ObjectsOfAUserAreSelected, ButNotThoseThatCameLater) {
  files_.add("in/.lightly/predictions/mine/b.json",
             R"({"file_name": "b.jpg", "predictions": [{"category_id": 1, "bbox": [1, 2, 3, 4.5], "score": 0.5}]})");
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), testing::UnorderedElementsAre("a.jpg 0", "a.jpg 1"));
  EXPECT_THAT(
      selection->notes,
      testing::Contains(HasSubstr("1 object has no embedding, and cannot be selected: their boxes came or changed")));
}

// Or some images of a ledger would lack what others have.
TEST_F(ObjectsOfAUserAreSelected, AlsoOfImagesThatASelectionWithoutThemAdds) {
  EXPECT_THAT(*claim({}), ElementsAre("mine"));
  EXPECT_THAT(*embedded_tasks(*ledger_), ElementsAre("mine"));
  files_.add("in/.lightly/predictions/tasks.json", "[]");
  EXPECT_THAT(*claim({}), IsEmpty());
  EXPECT_THAT(*embedded_tasks(*ledger_), IsEmpty());
}

TEST_F(ObjectsOfAUserAreSelected, WhereAFileIsDamagedOfTheOthers) {
  files_.add("in/.lightly/predictions/mine/b.json", R"({"file_name": "b.jpg", "predictions": [{"score": NaN}]})");
  config_.selection_n_samples = 10;
  config_.selection_strategies = R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])";
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), testing::UnorderedElementsAre("a.jpg 0", "a.jpg 1"));
  EXPECT_THAT(selection->notes, testing::Contains(testing::AllOf(HasSubstr("1 prediction file is damaged"),
                                                                 HasSubstr("in/.lightly/predictions/mine/b.json: "))));

  files_.add("in/.lightly/predictions/mine/a.json", "[");
  const auto none = select();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("the task 'mine' has no usable file of predictions"));
}

TEST_F(ObjectsOfAUserAreSelected, OnlyWhereTheyHaveBoxes) {
  files_.add("in/.lightly/predictions/mine/b.json",
             R"({"file_name": "b.jpg", "predictions": [{"category_id": 1, "score": 0.5}]})");
  config_.selection_n_samples = 10;
  config_.selection_strategies = R"([{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}])";
  const auto selection = select();
  ASSERT_TRUE(selection) << selection.error().message;
  EXPECT_THAT(chosen(*selection), testing::UnorderedElementsAre("a.jpg 0", "a.jpg 1"));
  EXPECT_EQ(selection->objects->inputs(), 2);
  EXPECT_THAT(selection->notes, testing::Contains("1 prediction has no box, and is no object to select"));
}

TEST_F(ObjectsOfAUserAreSelected, NorThoseOfATaskThatTheNetworkWasNotAskedAbout) {
  EXPECT_THAT(*claim({"mine"}), ElementsAre("mine"));
  const auto claimed = claim({"mine", "others"});
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, ErrorCode::kConflict);
  EXPECT_THAT(claimed.error().message, HasSubstr("'others'"));
  config_.object_level_task = "scenes";
  EXPECT_THAT(message(), HasSubstr("scenes is a classification"));
  ASSERT_TRUE(ledger_->set_fact(kEmbeddedTasksFact, "[]").ok());
  config_.object_level_task = "mine";
  EXPECT_THAT(message(), HasSubstr("the objects of the task 'mine' have no embeddings in this run"));
}

TEST_F(ObjectsAreSelected, WhatIsOfImagesOrOfOtherTasksIsRefused) {
  image("a.jpg", {object("car", 0.9f, {1, 0})});
  config_.selected_sequence_length = 2;
  EXPECT_THAT(message(), HasSubstr("selected_sequence_length is about images"));
  config_.selected_sequence_length = 1;
  config_.embeddings = "clip.csv";
  EXPECT_THAT(message(), HasSubstr("embeddings is about images"));
  config_.embeddings = "";
  config_.selection_strategies =
      R"([{"input": {"type": "SCORES", "task": "mine", "score": "uncertainty_margin"}, "strategy": {"type": "WEIGHTS"}}])";
  EXPECT_THAT(message(), HasSubstr("the task 'mine' cannot say anything of the objects of lightly_pretagging"));
  config_.selection_strategies = "";
  config_.object_level_task = "lightly_pretaging";
  EXPECT_THAT(message(), HasSubstr("did you mean 'lightly_pretagging'?"));
  config_.object_level_task = kPretaggingTask;
  ASSERT_TRUE(ledger_->set_fact(kPretaggedFact, "false").ok());
  EXPECT_THAT(message(), HasSubstr("object_level.task_name: the task lightly_pretagging needs pretagging=True"));
  ASSERT_TRUE(ledger_->set_fact(kPretaggedFact, "true").ok());
  files_.add("query.csv", "filenames,embedding_0,labels\na,1,0\n");
  files_.add("empty.csv", "filenames,embedding_0,labels\n");
  for (const char* query : {"query.csv", "empty.csv"}) {
    config_.selection_strategies = fmt::format(
        R"([{{"input": {{"type": "EMBEDDINGS", "query": "{}"}}, "strategy": {{"type": "SIMILARITY"}}}}])", query);
    EXPECT_THAT(message(), HasSubstr(query[0] == 'q' ? "its embeddings have 1 numbers" : "there are no embeddings in"));
  }
  config_.selection_strategies = "";
  config_.selection_n_samples = -1;
  EXPECT_THAT(selection_config_of(config_, files_).error().message, HasSubstr("object_level.task_name is given, but"));
}

}  // namespace
}  // namespace pretag
