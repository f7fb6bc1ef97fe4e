#include "pretag/formats/prediction_task.h"

#include <gmock/gmock.h>

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
