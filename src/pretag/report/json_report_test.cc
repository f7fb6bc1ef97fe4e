#include "pretag/report/json_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretag/report/report_builder.h"
#include "support/report_samples.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;
using Json = nlohmann::ordered_json;
using testing::ElementsAre;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

ReportModel small_model() {
  ReportBuilder builder({"bus", "car"}, 0.7f);
  builder.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f), make_detection("car", 0.8f)});
  builder.add(make_info("b.jpg"), Detections{make_detection("bus", 0.75f)});
  builder.add_failure("c.jpg", "the file is empty");
  return builder.model();
}

TEST(JsonReport, HasItsDocumentedKeys) {
  const Json report = Json::parse(json_report(small_model()));
  EXPECT_THAT(keys(report), ElementsAre("schema_version", "generator", "job", "model", "images", "statistics",
                                        "selection", "videos", "embeddings", "rare_classes", "duplicates", "failures",
                                        "debug_images", "debug_images_unavailable"));
  EXPECT_THAT(keys(report["job"]),
              ElementsAre("title", "input", "started", "ended", "duration_seconds", "images_per_second", "machine",
                          "threads", "precision", "accuracy", "stages", "config"));
  EXPECT_THAT(keys(report["model"]),
              ElementsAre("name", "architecture", "sha256", "license", "training_data", "score_threshold", "note"));
  EXPECT_THAT(keys(report["statistics"]["all"]),
              ElementsAre("images", "images_without_objects", "objects", "mean_objects_per_image",
                          "objects_per_image_histogram", "classes", "class_pairs", "image_quality"));
  EXPECT_THAT(keys(report["statistics"]["all"]["classes"][0]),
              ElementsAre("name", "objects", "share_of_objects", "images", "objects_per_image", "mean_score",
                          "box_sizes", "images_by_objects", "relative_area_histogram", "score_histogram"));
  EXPECT_EQ(report["schema_version"], 1);
}

TEST(JsonReport, HoldsTheNumbers) {
  const Json report = Json::parse(json_report(small_model()));
  EXPECT_EQ(report["images"], Json({{"input", 3}, {"processed", 2}, {"corrupt", 1}}));
  const Json& all = report["statistics"]["all"];
  EXPECT_EQ(all["objects"], 3);
  EXPECT_EQ(all["mean_objects_per_image"], 1.5);
  EXPECT_EQ(all["classes"][1]["name"], "car");
  EXPECT_EQ(all["classes"][1]["objects"], 2);
  EXPECT_EQ(all["classes"][1]["objects_per_image"], 1.0);
  EXPECT_EQ(all["objects_per_image_histogram"][2], 1);
  EXPECT_EQ(report["model"]["score_threshold"], 0.7);  // not 0.699999988079071
  EXPECT_EQ(report["failures"]["listed"][0]["reason"], "the file is empty");
}

TEST(JsonReport, SaysNullForWhatIsNotKnown) {
  const Json report = Json::parse(json_report(ReportModel{}));
  EXPECT_TRUE(report["job"]["started"].is_null());
  EXPECT_TRUE(report["job"]["images_per_second"].is_null());
  EXPECT_TRUE(report["model"]["name"].is_null());
  EXPECT_TRUE(report["statistics"]["selected"].is_null());
  EXPECT_TRUE(report["duplicates"].is_null());
  EXPECT_TRUE(report["statistics"]["all"]["image_quality"]["luminance"].is_null());
}

TEST(JsonReport, TellsNoDuplicatesFromThoseThatNobodyLookedFor) {
  const Selection selection;
  const std::vector<DuplicatePair> none;
  const auto duplicates = [](const ReportOptions& options) {
    return Json::parse(json_report(ReportBuilder({"car"}, 0.5f, options).model()))["duplicates"];
  };
  EXPECT_EQ(duplicates({.selection = &selection, .duplicates = &none}), Json::parse(R"({"total": 0, "listed": []})"));
  EXPECT_TRUE(duplicates({.selection = &selection}).is_null());
}

TEST(JsonReport, HoldsTheSelectionOnceThereIsOne) {
  ReportModel model = small_model();
  model.selected = model.input;
  EXPECT_EQ(Json::parse(json_report(model))["statistics"]["selected"]["objects"], 3);
}

TEST(JsonReport, HoldsTheSelectedObjects) {
  ReportModel model = small_model();
  model.selected = model.input;
  model.selection = ReportSelection{};
  EXPECT_TRUE(Json::parse(json_report(model))["selection"]["objects"].is_null());
  model.selection->objects = {
      .task = "mine", .inputs = 12, .selected = 2, .preselected = 3, .classes = {{"car", 12, 2}}};
  const Json objects = Json::parse(json_report(model))["selection"]["objects"];
  EXPECT_EQ(objects, Json::parse(R"({"task": "mine", "inputs": 12, "selected": 2, "preselected": 3,
                                     "classes": [{"name": "car", "inputs": 12, "selected": 2}]})"));
}

TEST(JsonReport, WritesDebugImagesLikeTheDump) {
  ReportModel model = small_model();
  DebugImage image;
  image.filename = "folder/a.png";
  image.width = 1000;
  image.height = 500;
  image.detections = {make_detection("car", 0.9f, {100, 100, 500, 250})};
  model.debug_images.push_back(image);
  const Json written = Json::parse(json_report(model))["debug_images"][0];
  EXPECT_EQ(written["file"], "data/bounding_boxes_examples/folder__a.jpg");
  EXPECT_EQ(written["boxes"], Json::parse("[[0.1, 0.2, 0.5, 0.5]]"));
  EXPECT_EQ(written["labels"], Json::parse("[\"car\"]"));
  EXPECT_EQ(written["scores"], Json::parse("[0.9]"));
}

TEST(JsonReport, IsJsonWhateverTheNamesAre) {
  ReportModel model = small_model();
  model.failures[0].filename = "bad \xff\xfe \"name\"\n";
  model.job.config = {{"key\x01", "\xc3"}};
  EXPECT_NO_THROW({
    const Json report = Json::parse(json_report(model));
    EXPECT_EQ(report["failures"]["listed"][0]["filename"], "bad \uFFFD\uFFFD \"name\"\n");
  });
}

}  // namespace
}  // namespace pretag
