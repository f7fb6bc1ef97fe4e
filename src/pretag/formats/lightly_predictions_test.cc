#include "pretag/formats/lightly_predictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace pretag {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

LightlyTask car_and_person() {
  LightlyTask task;
  task.model_classes = {"__background__", "person", "kite", "car"};
  task.output_classes = {"car", "person"};
  return task;
}

Prediction image(const std::string& filename) { return {filename, 100, 100, {}}; }

TEST(LightlyPredictions, TasksAndSchemaAreInTheDocumentedForm) {
  EXPECT_EQ(lightly_tasks_file(car_and_person()).path, "tasks.json");
  EXPECT_EQ(json::parse(lightly_tasks_file(car_and_person()).content), json({"lightly_pretagging"}));
  const auto schema = lightly_schema_file(car_and_person());
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->path, "lightly_pretagging/schema.json");
  EXPECT_EQ(json::parse(schema->content), json::parse(R"({"task_type": "object-detection",
      "categories": [{"id": 0, "name": "car"}, {"id": 1, "name": "person"}]})"));
}

TEST(LightlyPredictions, AClassThatOccursTwiceIsRefused) {
  LightlyTask task;
  task.output_classes = {"car", "bus", "car"};
  const auto schema = lightly_schema_file(task);
  ASSERT_FALSE(schema.ok());
  EXPECT_THAT(schema.error().message, HasSubstr("\"car\" occurs twice"));
}

TEST(LightlyPredictions, AnImageBecomesOneFileInPixels) {
  Prediction prediction = image("video/frame-01.mp4.png");
  prediction.detections = {{{10.5f, 20, 30.75f, 60}, "person", 0.9f, {}}};
  const auto file = LightlyImageFiles(car_and_person()).make(prediction);
  ASSERT_TRUE(file.ok() && *file);
  EXPECT_EQ((*file)->path, "lightly_pretagging/video/frame-01.mp4.json");
  EXPECT_EQ((*file)->content,
            "{\"file_name\": \"video/frame-01.mp4.png\", \"predictions\": "
            "[{\"category_id\": 1, \"bbox\": [10.5, 20.0, 20.25, 40.0], \"score\": 0.9}]}\n");
}

TEST(LightlyPredictions, AnImageWithoutDetectionsHasAFileToo) {
  const auto file = LightlyImageFiles(car_and_person()).make(image("a.jpg"));
  ASSERT_TRUE(file.ok() && *file);
  EXPECT_EQ(json::parse((*file)->content), json::parse(R"({"file_name": "a.jpg", "predictions": []})"));
}

TEST(LightlyPredictions, ProbabilitiesAreInCategoryOrderAndSumToOne) {
  Prediction prediction = image("a.jpg");
  // background 0.1, person 0.2, kite 0.1, car 0.6: car and person share 0.8.
  prediction.detections = {{{0, 0, 1, 1}, "car", 0.6f, {0.1f, 0.2f, 0.1f, 0.6f}}};
  const auto file = LightlyImageFiles(car_and_person()).make(prediction);
  ASSERT_TRUE(file.ok() && *file);
  const json singleton = json::parse((*file)->content)["predictions"][0];
  ASSERT_EQ(singleton["probabilities"].size(), 2u);
  EXPECT_NEAR(singleton["probabilities"][0].get<double>(), 0.75, 1e-6);
  EXPECT_NEAR(singleton["probabilities"][1].get<double>(), 0.25, 1e-6);
  EXPECT_NEAR(singleton["score"].get<double>(), 0.6, 1e-6);
}

TEST(LightlyPredictions, ProbabilitiesThatCannotBeScaledAreLeftOut) {
  Prediction prediction = image("a.jpg");
  prediction.detections = {{{0, 0, 1, 1}, "car", 0.6f, {1, 0, 0, 0}}, {{0, 0, 1, 1}, "car", 0.6f, {0.5f, 0.5f}}};
  const auto file = LightlyImageFiles(car_and_person()).make(prediction);
  ASSERT_TRUE(file.ok() && *file);
  EXPECT_THAT((*file)->content, testing::Not(HasSubstr("probabilities")));
}

TEST(LightlyPredictions, DetectionsBelowTheThresholdAreLeftOut) {
  LightlyTask task = car_and_person();
  task.score_threshold = 0.5f;
  Prediction prediction = image("a.jpg");
  prediction.detections = {{{0, 0, 1, 1}, "car", 0.5f, {}}, {{0, 0, 1, 1}, "person", 0.4f, {}}};
  const auto file = LightlyImageFiles(task).make(prediction);
  ASSERT_TRUE(file.ok() && *file);
  EXPECT_EQ(json::parse((*file)->content)["predictions"].size(), 1u);
}

TEST(LightlyPredictions, ImagesThatWouldShareAFileAreSkippedAndNamed) {
  LightlyImageFiles files(car_and_person());
  std::vector<std::string> written;
  for (const char* name : {"a", "a-1.jpg", "a.b.jpg", "a.b.png", "a.jpg", "a.k.jpg", "a.png", "a/x.jpg", "b.jpg",
                           "c.d/y", "c.d/y.png", "c.jpg"}) {
    const auto file = files.make(image(name));
    ASSERT_TRUE(file.ok()) << file.error().message;
    if (*file) written.push_back((*file)->path.substr(std::string("lightly_pretagging/").size()));
  }
  EXPECT_THAT(written,
              ElementsAre("a.json", "a-1.json", "a.b.json", "a.k.json", "a/x.json", "b.json", "c.d/y.json", "c.json"));
  EXPECT_THAT(files.skipped(), ElementsAre("a.b.png", "a.jpg", "a.png", "c.d/y.png"));
}

TEST(LightlyPredictions, AnImageNeverTakesThePlaceOfTheSchema) {
  LightlyImageFiles files(car_and_person());
  EXPECT_FALSE(*files.make(image("schema.jpg")));
  EXPECT_TRUE(*files.make(image("sub/schema.jpg")));
  EXPECT_THAT(files.skipped(), ElementsAre("schema.jpg"));
}

TEST(LightlyPredictions, RefusesNamesOutOfOrderAndUnknownLabels) {
  LightlyImageFiles files(car_and_person());
  ASSERT_TRUE(files.make(image("b.jpg")).ok());
  EXPECT_THAT(files.make(image("a.jpg")).error().message, HasSubstr("a.jpg: images must come in byte order"));
  Prediction unknown = image("c.jpg");
  unknown.detections = {{{0, 0, 1, 1}, "kite", 0.5f, {}}};
  EXPECT_THAT(files.make(unknown).error().message, HasSubstr("c.jpg: label \"kite\""));
  Prediction not_finite = image("d.jpg");
  not_finite.detections = {{{0, 0, std::numeric_limits<float>::infinity(), 1}, "car", 0.5f, {}}};
  EXPECT_FALSE(files.make(not_finite).ok());
}

}  // namespace
}  // namespace pretag
