#include "pretag/run/metadata_columns.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;

class MetadataColumns : public testing::Test {
 protected:
  void SetUp() override {
    files_.add("in/.lightly/metadata/schema.json",
               R"([{"name": "Scene", "path": "scene", "valueDataType": "CATEGORICAL_STRING"},
                   {"name": "Speed", "path": "speed", "valueDataType": "NUMERIC_FLOAT"}])");
  }
  void image(const std::string& scene, double speed) {
    const std::string stem = fmt::format("{:05}", names_.size());
    files_.add("in/.lightly/metadata/" + stem + ".json",
               fmt::format(R"({{"file_name": "{}.jpg", "type": "image", "metadata": {{"scene": "{}", "speed": {}}}}})",
                           stem, scene, speed));
    names_.push_back(stem + ".jpg");
  }
  // Of all images, and one more that is known by its embedding alone.
  Objective column(const SelectionEntry& entry) const {
    const SelectionSources sources{
        .files = files_, .lightly_folder = "in/.lightly", .classes = {}, .model_classes = {}};
    auto column = make_metadata_column(entry, sources);
    EXPECT_TRUE(column.ok()) << column.error().message;
    for (const std::string& name : names_) {
      ImageResult result;
      result.info.filename = name;
      EXPECT_TRUE((*column)->add({name, result}).ok());
    }
    EXPECT_TRUE((*column)->add_foreign("old.jpg", {}).ok());
    Objective objective;
    (*column)->move_into(objective);
    return objective;
  }
  static SelectionEntry balance(std::map<std::string, double> target) {
    SelectionEntry entry;
    entry.input.key = "scene";
    entry.strategy.type = StrategyType::kBalance;
    entry.strategy.target = std::move(target);
    return entry;
  }

  MemoryFileSystem files_;
  std::vector<std::string> names_;
};

TEST_F(MetadataColumns, OfValuesWithoutNumberTheMostFrequentAreToldApart) {
  for (int i = 0; i < 150; ++i) image(fmt::format("scene {:03}", i), 0);
  image("scene 149", 0);
  const auto columns = std::get<ClassColumns>(column(balance({})).input);
  ASSERT_EQ(columns.classes.size(), 101u);
  EXPECT_EQ(columns.classes[98], "scene 098");
  EXPECT_EQ(columns.classes[99], "scene 149");
  EXPECT_EQ(columns.classes[100], "(all other values)");
  EXPECT_EQ(columns.at(0, 0), 1);
  EXPECT_EQ(columns.at(99, 100), 1);
  EXPECT_EQ(columns.at(150, 99), 1);
}

TEST_F(MetadataColumns, ValuesOfATargetAreThereWhetherAnImageHasThemOrNot) {
  image("rain", 0), image("dry", 0);
  const auto columns = std::get<ClassColumns>(column(balance({{"rain", 0.5}, {"snow", 0.2}})).input);
  EXPECT_THAT(columns.classes, ElementsAre("rain", "snow", "(all other values)"));
  EXPECT_THAT(columns.values, ElementsAre(1, 0, 0, 0, 0, 1, 0, 0, 0)) << "the last row, of the foreign image, is 0";
}

TEST_F(MetadataColumns, AnImageThatIsCalledAsTheSchemaHasNone) {
  SelectionEntry speed;
  speed.input.key = "speed";
  auto made = make_metadata_column(
      speed, {.files = files_, .lightly_folder = "in/.lightly", .classes = {}, .model_classes = {}});
  ASSERT_TRUE(made.ok()) << made.error().message;
  ImageResult result;
  result.info.filename = "schema.png";
  EXPECT_THAT((*made)->add({"schema.png", result}).error().message, testing::HasSubstr("the file is missing"));
}

TEST_F(MetadataColumns, AFrameHasWhatItsVideoHasUnlessItsOwnFileSaysOtherwise) {
  files_.add("in/.lightly/metadata/v.json", R"({"metadata": {"scene": "rain", "speed": 30}})");
  files_.add("in/.lightly/metadata/v-1-mp4.json", R"({"metadata": {"speed": 20}})");
  names_ = {"v-0-mp4.png", "v-1-mp4.png"};
  const auto scenes = std::get<ClassColumns>(column(balance({})).input);
  EXPECT_THAT(scenes.classes, ElementsAre("rain"));
  EXPECT_THAT(scenes.values, ElementsAre(1, 1, 0));
  SelectionEntry speed;
  speed.input.key = "speed";
  EXPECT_THAT(std::get<NumericColumn>(column(speed).input).values, ElementsAre(30, 20, 20));
}

TEST_F(MetadataColumns, WhatIsWrongWithAFramesOwnFileIsNotHiddenByItsVideos) {
  files_.add("in/.lightly/metadata/v.json", R"({"metadata": {"scene": "rain", "speed": 30}})");
  files_.add("in/.lightly/metadata/v-1-mp4.json", R"({"metadata": {"speed": "fast"}})");
  SelectionEntry speed;
  speed.input.key = "speed";
  auto column = make_metadata_column(
      speed, {.files = files_, .lightly_folder = "in/.lightly", .classes = {}, .model_classes = {}});
  ASSERT_TRUE(column.ok());
  ImageResult frame;
  frame.info.filename = "v-1-mp4.png";
  const Status added = (*column)->add({frame.info.filename, frame});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "in/.lightly/metadata/v-1-mp4.json: metadata.speed must be a finite number");
}

TEST_F(MetadataColumns, ForeignImagesDoNotStretchAScale) {
  image("", 20), image("", 30);
  SelectionEntry entry;
  entry.input.key = "speed";
  const Objective objective = column(entry);
  EXPECT_TRUE(objective.scale);
  EXPECT_THAT(std::get<NumericColumn>(objective.input).values, ElementsAre(20, 30, 20));
}

}  // namespace
}  // namespace pretag
