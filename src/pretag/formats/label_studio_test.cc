#include "pretag/formats/label_studio.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string region(const std::string& label, const std::string& more = "", const std::string& value = "") {
  return fmt::format(
      R"({{"type": "rectanglelabels", "original_width": 200, "original_height": 100{}, "value": {{"x": 10, "y": 20,
          "width": 30, "height": 40, "rectanglelabels": ["{}"]{}}}}})",
      more, label, value);
}

std::string task(const std::string& rest) {
  return R"([{"data": {"image": "https://x.org/p/a%20b.jpg"}, )" + rest + "}]";
}

std::string error_of(const std::string& text) {
  const auto read = read_label_studio_text(text, "");
  return read.ok() ? "no error" : read.error().message;
}

TEST(LabelStudio, WhatPeopleSayGoesBeforeAPrediction) {
  const auto read = read_label_studio_text(
      task(R"("annotations": [{"result": [)" + region("car") + R"(]}, {"was_cancelled": true, "result": []}],
              "predictions": [{"result": [)" +
           region("bus", R"(, "score": 0.5)") + "]}]"),
      "https://x.org/p");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->images[0].filename, "a b.jpg");
  EXPECT_EQ(read->images[0].width, 200);
  ASSERT_EQ(read->images[0].detections.size(), 1u);
  EXPECT_EQ(read->images[0].detections[0].label, "car");
  EXPECT_EQ(read->images[0].detections[0].box_in_image, (Box{20, 20, 80, 60}));
  EXPECT_EQ(read->images[0].detections[0].score, 1);
}

TEST(LabelStudio, ATaskNobodyHasSeenGivesItsPrediction) {
  const auto read = read_label_studio_text(
      task(R"("annotations": [], "predictions": [{"result": [)" + region("bus", R"(, "score": 0.5)") + "]}]"), "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->images[0].detections[0].score, 0.5f);
}

TEST(LabelStudio, ARectangleWithSeveralLabelsIsABoxOfEach) {
  const auto read =
      read_label_studio_text(task(R"("annotations": [{"result": [)" + region(R"(car", "taxi)") + "]}]"), "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(read->classes, ElementsAre("car", "taxi"));
  ASSERT_EQ(read->images[0].detections.size(), 2u);
  EXPECT_EQ(read->images[0].detections[1].label, "taxi");
  EXPECT_EQ(read->images[0].detections[0].box_in_image, read->images[0].detections[1].box_in_image);
}

TEST(LabelStudio, WhatNobodyLabelledIsLeftOut) {
  for (const char* rest :
       {R"("annotations": [], "predictions": [])", R"("annotations": [{"was_cancelled": true, "result": []}])"}) {
    const auto read = read_label_studio_text(task(rest), "");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(read->images.empty());
    EXPECT_THAT(read->notes.lines(), ElementsAre("1 images are not labelled and are left out: a b.jpg"));
  }
  const auto empty = read_label_studio_text(
      R"([{"data": {"image": "a.jpg", "width": 9, "height": 9}, "annotations": [{"result": []}]}])", "");
  ASSERT_TRUE(empty.ok()) << empty.error().message;
  EXPECT_EQ(empty->images.size(), 1u);  // somebody has said that nothing is there
}

TEST(LabelStudio, ATurnedRectangleBecomesTheBoxAroundIt) {
  // 60 × 40 pixels at (20, 20), turned by a quarter about that corner: from x = 20 - 40 to 20, y = 20 to 20 + 60.
  const auto read =
      read_label_studio_text(task(R"("predictions": [{"result": [)" + region("car", "", R"(, "rotation": 90)") +
                                  R"(, {"type": "choices", "value": {}}]}])"),
                             "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Box box = read->images[0].detections[0].box_in_image;
  EXPECT_NEAR(box.x1, -20, 1e-4);
  EXPECT_NEAR(box.x2, 20, 1e-4);
  EXPECT_NEAR(box.y1, 20, 1e-4);
  EXPECT_NEAR(box.y2, 80, 1e-4);
  EXPECT_THAT(read->notes.lines(), ElementsAre(HasSubstr("no labelled rectangles"), HasSubstr("turned rectangles")));
}

TEST(LabelStudio, ErrorsNameTheTask) {
  EXPECT_THAT(error_of("{}"), HasSubstr("holds no list"));
  EXPECT_THAT(error_of("[{}]"), "task 0: \"data\" is missing; this is no Label Studio task");
  EXPECT_THAT(error_of(R"([{"data": {}}])"), HasSubstr("task 0: \"image\" is missing"));
  EXPECT_THAT(error_of(task(R"("predictions": [{"result": [)" + region("car", R"(, "score": 2)") + "]}]")),
              HasSubstr("\"score\" must be 0 to 1"));
  EXPECT_THAT(error_of(task(R"("predictions": [{"result": [{"type": "rectanglelabels", "value": {}}]}])")),
              HasSubstr("original_width"));
}

}  // namespace
}  // namespace pretag
