#include "pretag/formats/fiftyone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<ImageSize> kSizes = {{"a/b.jpg", 200, 100}};

std::string error_of(const std::string& detection) {
  const auto read = read_fiftyone_text(R"({"classes": ["car"], "labels": {"a/b": [)" + detection + "]}}", "", kSizes);
  return read.ok() ? "no error" : read.error().message;
}

TEST(FiftyOne, LabelsAreNamesOrNumbers) {
  const auto read = read_fiftyone_text(
      R"({"classes": ["car", "bus"], "labels": {"a/b": [{"label": 1, "bounding_box": [0.1, 0.2, 0.3, 0.4]},
          {"label": "car", "bounding_box": [0, 0, 1, 1], "confidence": 0.5, "attributes": {}}], "lost": null}})",
      R"({"a/b": "/somewhere/a/b.jpg"})", kSizes);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->images.size(), 1u);
  EXPECT_EQ(read->images[0].filename, "a/b.jpg");
  EXPECT_EQ(read->images[0].detections[0].label, "bus");
  EXPECT_NEAR(read->images[0].detections[0].box_in_image.x2, 80, 1e-4);
  EXPECT_EQ(read->images[0].detections[1].score, 0.5f);
  EXPECT_THAT(read->notes.lines(), ElementsAre("1 labels belong to no image and are left out: lost"));
}

TEST(FiftyOne, WhatNobodyLabelledIsLeftOut) {
  const auto read = read_fiftyone_text(R"({"labels": {"a/b": null}})", "", kSizes);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->images.empty());
  EXPECT_THAT(read->notes.lines(), ElementsAre(HasSubstr("not labelled")));
}

TEST(FiftyOne, KeysOfDataMayHaveTheExtension) {
  for (const char* data : {R"({"a/b.jpg": "data/a/b.jpg"})", R"({"a/b": "data/x.jpg"})"}) {
    const auto read = read_fiftyone_text(R"({"labels": {"a/b": []}})", data, {{"a/b.jpg", 10, 10}});
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->images.at(0).filename, "a/b.jpg");
  }
}

TEST(FiftyOne, DataLeadsToTheImagesFromAnyFolder) {
  const Dataset dataset{{"car"}, {{"a/b.jpg", 200, 100, {}}}, {}};
  const auto data = [&](const std::string& prefix) {
    MemoryFileSystem files;
    const auto notes = write_fiftyone(view_of(dataset), {files, "out", prefix});
    return notes.ok() ? *read_text_file(files, "out/data.json", 1 << 20) : notes.error().message;
  };
  const std::string here = std::filesystem::current_path().string();
  EXPECT_THAT(data(""), HasSubstr("\"data/a/b.jpg\""));
  EXPECT_THAT(data("photos"), HasSubstr("\"" + here + "/photos/a/b.jpg\""));
  EXPECT_THAT(data("/photos/"), HasSubstr("\"/photos/a/b.jpg\""));
  EXPECT_THAT(data("s3://bucket"), HasSubstr("s3://bucket: FiftyOne opens images as files"));
}

TEST(FiftyOne, ErrorsNameTheImage) {
  EXPECT_THAT(error_of(R"({"label": "car"})"), "\"a/b\": \"bounding_box\" is missing");
  EXPECT_THAT(error_of(R"({"label": 7, "bounding_box": [0, 0, 1, 1]})"), HasSubstr("\"label\" is 7"));
  EXPECT_THAT(error_of(R"({"label": "car", "bounding_box": [0, 0, 100, 1]})"), HasSubstr("reaches 100"));
  EXPECT_THAT(error_of(R"({"label": "car", "bounding_box": [0.5, 0, -0.1, 1]})"), HasSubstr("negative"));
  EXPECT_THAT(error_of(R"({"label": "car", "bounding_box": [0, 0, 1, 1], "confidence": 3})"), HasSubstr("0 to 1"));
  EXPECT_THAT(read_fiftyone_text("[]", "", kSizes).error().message, HasSubstr("no FiftyOneImageDetectionDataset"));
  EXPECT_THAT(read_fiftyone_text(R"({"labels": {}})", "[]", kSizes).error().message, HasSubstr("data.json"));
  EXPECT_THAT(read_fiftyone_text(R"({"labels": {"c": []}})", R"({"c": "c.png"})", kSizes).error().message,
              HasSubstr("c.png: the size"));
}

}  // namespace
}  // namespace pretag
