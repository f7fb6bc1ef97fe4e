#include "pretag/formats/prediction_task.h"

#include <gmock/gmock.h>

#include "pretag/formats/dataset.h"

namespace pretag {
namespace {

using testing::HasSubstr;

PredictionTask task(const std::string& type = "object-detection") {
  const auto read = read_prediction_task(
      R"({"task_type": ")" + type + R"(", "categories": [{"id": 4, "name": "car"}, {"id": 9, "name": "person"}]})");
  EXPECT_TRUE(read) << read.error().message;
  return *read;
}

Result<std::vector<Detection>> objects(const std::string& predictions, const std::string& type = "object-detection") {
  return read_task_objects(R"({"file_name": "a.jpg", "predictions": [)" + predictions + "]}", task(type));
}

TEST(PredictionTask, HasNotAnyNumberOfCategories) {
  std::string categories;
  for (size_t i = 0; i <= kMaxClasses; ++i) {
    categories +=
        (i > 0 ? ", " : "") + ("{\"id\": " + std::to_string(i) + ", \"name\": \"c" + std::to_string(i)) + "\"}";
  }
  const auto read = read_prediction_task(R"({"task_type": "object-detection", "categories": [)" + categories + "]}");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("more than 10000 categories"));
}

TEST(TaskObjects, HaveTheBoxesOfTheFile) {
  const auto read = objects(R"({"category_id": 9, "bbox": [10, 20.5, 30, 40], "score": 0.5}, {"category_id": 4})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)[0].box_in_image, (Box{10, 20.5f, 40, 60.5f}));
  EXPECT_EQ((*read)[0].label, "person");
  EXPECT_EQ((*read)[1].box_in_image, Box{});
}

TEST(TaskObjects, OfKeypointsAreWhereTheseAre) {
  const auto read = objects(R"({"category_id": 4, "keypoints": [5, 6, 1, 100, 1, 0, 3, 8.5, 0.5], "score": 1},
                               {"category_id": 4, "keypoints": [5, 6, 0]})",
                            "keypoint-detection");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)[0].box_in_image, (Box{3, 6, 5, 8.5f}));
  EXPECT_EQ((*read)[1].box_in_image, Box{});
}

TEST(TaskObjects, OfKeypointsAreAsSureAsTheseAreInTheMean) {
  const auto read = objects(R"({"category_id": 4, "keypoints": [5, 6, 1, 100, 1, 0, 3, 8.5, 0.5]},
                               {"category_id": 4, "keypoints": [5, 6, 0.25], "bbox": [1, 2, 3, 4]},
                               {"category_id": 4, "keypoints": [5, 6, 2]},
                               {"category_id": 4, "keypoints": [5, 6, 0.25], "score": 0.75},
                               {"category_id": 4, "keypoints": []})",
                            "keypoint-detection");
  ASSERT_TRUE(read) << read.error().message;
  std::vector<float> scores;
  for (const Detection& object : *read) scores.push_back(object.score);
  EXPECT_EQ(scores, (std::vector<float>{0.5f, 0.25f, 1, 0.75f, 1}));
}

TEST(TaskObjects, OfAClassificationHaveNone) {
  EXPECT_TRUE(task().is_of_objects);
  EXPECT_FALSE(task("classification").is_of_objects);
  const auto read = objects(R"({"category_id": 4, "probabilities": [0.75, 0.25]})", "classification");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)[0].box_in_image, Box{});
  EXPECT_EQ((*read)[0].score, 0.75f);
}

// Instance segmentations may hold the outlines as any of COCO's forms.
TEST(TaskObjects, MayHaveOutlinesOfAnyKind) {
  for (const char* outline : {"[[1, 2, 3.5, 4, 5, -6]]", R"({"counts": "04L3", "size": [8, 9]})", "[-1]", "null"}) {
    const auto read = objects(
        std::string(R"({"category_id": 4, "segmentation": )") + outline + R"(, "bbox": [1, 2, 3, 4], "score": 0.5})",
        "instance-segmentation");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ((*read)[0].box_in_image, (Box{1, 2, 4, 6}));
    EXPECT_EQ((*read)[0].pixels, 0);
  }
}

TEST(TaskObjects, OfASemanticSegmentationAreTheSegmentsAndWhatTheyCover) {
  EXPECT_TRUE(task("semantic-segmentation").is_of_pixels);
  EXPECT_FALSE(task("semantic-segmentation").is_of_objects);
  EXPECT_FALSE(task("instance-segmentation").is_of_pixels);
  const auto read = objects(R"({"category_id": 9, "segmentation": [3, 4, 2, 1, 2], "score": 0.5},
                               {"category_id": 4, "segmentation": [0, 3, 0, 4, 5], "probabilities": [0.75, 0.25]},
                               {"category_id": 4, "segmentation": [0, 12], "bbox": [1, 2, 3, 4]})",
                            "semantic-segmentation");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ((*read)[0].pixels, 5);
  EXPECT_EQ((*read)[0].label, "person");
  EXPECT_EQ((*read)[0].score, 0.5f);
  EXPECT_EQ((*read)[1].pixels, 7);
  EXPECT_EQ((*read)[1].score, 0.75f);
  EXPECT_THAT((*read)[1].probabilities, testing::ElementsAre(0, 0.75f, 0.25f));
  EXPECT_EQ((*read)[2].pixels, 12);
  EXPECT_EQ((*read)[2].box_in_image, Box{});
}

TEST(TaskObjects, AreNoSegmentsThatCoverNothing) {
  const auto read = objects(R"({"category_id": 9, "segmentation": []}, {"category_id": 4, "segmentation": [12]},
                               {"category_id": 4, "segmentation": [5, 0, 7]},
                               {"category_id": 9, "segmentation": [11, 1]})",
                            "semantic-segmentation");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ((*read)[0].label, "person");
  EXPECT_EQ((*read)[0].pixels, 1);
}

TEST(TaskObjects, HaveMasksOfAnyNumberOfRuns) {
  std::string runs = "20";  // of 1920 x 1080 pixels: every other one, from the 21st on
  for (int i = 0; i < 2'073'580; ++i) runs += ",1";
  const auto read = objects(R"({"category_id": 9, "segmentation": [)" + runs + "]}", "semantic-segmentation");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)[0].pixels, 1'036'790);
}

TEST(TaskObjects, OddMasksAreCorrupt) {
  for (const char* mask : {"[1, -2]", "[1.5, 2]", "[2.0]", "[\"1\"]", "[null]", "[[1, 2]]", "7", "null", "\"04L3\"",
                           R"({"counts": [1, 2], "size": [1, 3]})", "[18446744073709551616]",
                           "[18446744073709551615, 1]", "[100000000, 100000001]", "[0, 200000000, 0, 1]"}) {
    const auto read =
        objects(std::string(R"({"category_id": 4, "segmentation": )") + mask + "}", "semantic-segmentation");
    ASSERT_FALSE(read) << mask;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message, HasSubstr("predictions[0]: \"segmentation\""));
  }
  EXPECT_THAT(objects(R"({"category_id": 4})", "semantic-segmentation").error().message,
              HasSubstr("\"segmentation\" is missing"));
  EXPECT_TRUE(objects(R"({"category_id": 4, "segmentation": [0, 200000000]})", "semantic-segmentation"));
}

TEST(TaskObjects, OddBoxesAreCorrupt) {
  for (const char* box : {"[1, 2, 3]", "[1, 2, 3, 4, 5]", "[1, 2, -3, 4]", "[1, 2, 3, \"4\"]", "[1, 2, 3, 1e99]",
                          "[3e38, 0, 3e38, 10]", "7"}) {
    const auto read = objects(std::string(R"({"category_id": 4, "bbox": )") + box + "}");
    ASSERT_FALSE(read) << box;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message, HasSubstr("predictions[0]"));
    EXPECT_THAT(read.error().message, HasSubstr("bbox"));
  }
}

}  // namespace
}  // namespace pretag
