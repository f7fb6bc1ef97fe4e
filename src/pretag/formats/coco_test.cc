#include "pretag/formats/coco.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kLabels[] = R"({
  "info": {"year": 2017, "nested": [{"images": [1]}]},
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30.5, 40], "area": 600.5, "iscrowd": 0,
     "segmentation": [[1, 2, 3, 4, 5, 6]]},
    {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 1, "segmentation": {"counts": [1], "size": [2, 2]}},
    {"id": 3, "image_id": 8, "category_id": 3, "bbox": [1, 1, 2, 2], "iscrowd": false}],
  "images": [{"id": 7, "file_name": "b.jpg", "width": 640, "height": 480, "license": 1},
             {"id": 8, "file_name": "a.jpg", "width": 64, "height": 48},
             {"id": 9, "file_name": "none.jpg", "width": 64, "height": 48}],
  "categories": [{"id": 1, "name": "person", "supercategory": "person"}, {"id": 3, "name": "car"}]
})";

std::string labels_error(const std::string& text) {
  const auto labels = read_coco_labels(text);
  return labels.ok() ? "no error" : labels.error().message;
}

// A document with one image, one category and these annotations.
std::string with_annotations(const std::string& annotations) {
  return R"({"images": [{"id": 1, "file_name": "a", "width": 10, "height": 10}], "categories": [{"id": 1, "name": "car"}],
             "annotations": [)" +
         annotations + "]}";
}

TEST(CocoLabels, AreJoinedWhateverTheOrderOfTheLists) {
  const auto read = read_coco_labels(kLabels);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(read->labels.classes, ElementsAre("person", "car"));
  const auto& images = read->labels.images;
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].filename, "a.jpg");
  EXPECT_EQ(images[1].filename, "b.jpg");
  EXPECT_EQ(images[1].width, 640);
  EXPECT_EQ(images[1].height, 480);
  EXPECT_TRUE(images[2].objects.empty());
  ASSERT_EQ(images[1].objects.size(), 2u);
  const GroundTruth& car = images[1].objects[0];
  EXPECT_EQ(car.label, "car");
  EXPECT_EQ(car.box_in_image, (Box{10, 20, 40.5f, 60}));
  EXPECT_EQ(car.area, 600.5f);
  EXPECT_FALSE(car.crowd);
  EXPECT_TRUE(images[1].objects[1].crowd);
  EXPECT_EQ(images[1].objects[1].area, 25);  // of the box, for there is no "area"
  EXPECT_FALSE(images[0].objects[0].crowd);
}

TEST(CocoLabels, ErrorsNameTheListTheIndexAndTheKey) {
  EXPECT_EQ(labels_error(with_annotations(R"({"image_id": 1, "bbox": [0, 0, 1, 1]})")),
            "annotations[0]: \"category_id\" is missing");
  EXPECT_EQ(labels_error(with_annotations(R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, 1]})")),
            "annotations[0]: \"bbox\" must be a list of four numbers");
  EXPECT_EQ(labels_error(with_annotations(R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, -1, 1]})")),
            "annotations[0]: \"bbox\" has a negative width or height");
  EXPECT_THAT(labels_error(with_annotations(R"({"image_id": 1, "category_id": 1, "bbox": [0, 1e300, 1, 1]})")),
              HasSubstr("\"bbox\" holds 1e+300"));
  EXPECT_EQ(labels_error(with_annotations(R"({"image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]})")),
            "annotations[0]: no image has the id 2");
  EXPECT_EQ(labels_error(with_annotations(R"({"image_id": 1, "category_id": 5, "bbox": [0, 0, 1, 1]})")),
            "annotations[0]: no category has the id 5");
  EXPECT_THAT(labels_error(with_annotations(R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "area": -1})")),
              HasSubstr("\"area\" is -1"));
  EXPECT_THAT(
      labels_error(with_annotations(R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": "no"})")),
      HasSubstr("\"iscrowd\""));
  EXPECT_THAT(labels_error(with_annotations("5")), HasSubstr("annotations[0]: must be an object"));
  EXPECT_EQ(labels_error(R"({"images": [{"id": 1, "file_name": "a", "width": 0, "height": 1}]})"),
            "images[0]: \"width\" is 0");
  EXPECT_THAT(labels_error(R"({"images": [{"id": "1"}]})"), HasSubstr("images[0]: \"id\" must be a whole number"));
}

TEST(CocoLabels, WhatOccursTwiceIsAnError) {
  const std::string image = R"({"id": 1, "file_name": "a", "width": 1, "height": 1})";
  EXPECT_THAT(labels_error(R"({"images": [)" + image + "," + image + "]}"), HasSubstr("\"a\" occurs twice"));
  EXPECT_THAT(labels_error(R"({"images": [)" + image + R"(, {"id": 1, "file_name": "b", "width": 1, "height": 1}]})"),
              HasSubstr("the id 1 occurs twice"));
  EXPECT_THAT(labels_error(R"({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]})"),
              HasSubstr("categories[1]: the id 1 occurs twice"));
  EXPECT_THAT(labels_error(R"({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]})"),
              HasSubstr("the name \"a\" occurs twice"));
}

TEST(CocoLabels, OtherDocumentsAreRefused) {
  EXPECT_THAT(labels_error("[]"), HasSubstr("holds no list \"images\""));
  EXPECT_THAT(labels_error(R"({"images": []})"), HasSubstr("no \"images\""));
  EXPECT_THAT(labels_error("not JSON"), HasSubstr("not valid JSON"));
}

TEST(CocoAnnotations, AreJoinedToTheLabelsImages) {
  const auto labels = read_coco_labels(kLabels);
  const auto predictions = read_coco_annotations(
      R"({"annotations": [{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.25},
                          {"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 1},
                          {"image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 1]}]})",
      *labels);
  ASSERT_TRUE(predictions.ok()) << predictions.error().message;
  ASSERT_EQ(predictions->size(), 3u);
  EXPECT_TRUE((*predictions)[0].detections.empty());
  ASSERT_EQ((*predictions)[1].detections.size(), 2u);
  EXPECT_EQ((*predictions)[1].detections[0].score, 1);  // has none of its own
  EXPECT_EQ((*predictions)[1].detections[1].label, "person");
  EXPECT_EQ((*predictions)[1].detections[1].box_in_image, (Box{1, 2, 4, 6}));
}

TEST(CocoAnnotations, ErrorsNameTheAnnotation) {
  const auto labels = read_coco_labels(kLabels);
  const auto error = [&](const char* annotation) {
    const std::string text = fmt::format(R"({{"annotations": [{}]}})", annotation);
    return read_coco_annotations(text, *labels).error().message;
  };
  EXPECT_EQ(error(R"({"image_id": 70, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.25})"),
            "annotations[0]: no image has the id 70");
  EXPECT_EQ(error(R"({"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.25})"),
            "annotations[0]: no category has the id 2");
  EXPECT_EQ(error(R"({"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 2})"),
            "annotations[0]: \"score\" must be 0 to 1");
}

}  // namespace
}  // namespace pretag
