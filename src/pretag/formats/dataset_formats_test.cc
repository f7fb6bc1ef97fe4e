#include "pretag/formats/dataset_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// How far an edge may move, in pixels; docs/formats/exports.md. The images below are at most 2000 pixels wide.
double rounding_of(const std::string& format) {
  if (format == "voc") return 0.5001;
  if (format == "lightly") return 0.0101;
  return format == "dump" || format == "yolo" || format == "fiftyone" || format == "labelstudio" ? 0.0035 : 0.0051;
}

Dataset sample() {
  Dataset dataset;
  dataset.classes = {"car", "traffic light", "Straße & <Co> \"x\""};
  dataset.images = {
      {"a/1.jpg",
       2000,
       1000,
       {{{0, 0, 2000, 1000}, "car", 0.9f, {}}, {{10.126f, 20.5f, 99.874f, 40}, "traffic light", 0.25f, {}}}},
      {"a/empty.png", 30, 20, {}},
      {"über & <b>, \"c\".jpg", 640, 480, {{{638.75f, 1, 640, 479.5f}, "Straße & <Co> \"x\"", 0.1234567f, {}}}},
  };
  return dataset;
}

std::vector<ImageSize> sizes_of(const Dataset& dataset) {
  std::vector<ImageSize> sizes;
  for (const Prediction& image : dataset.images) sizes.push_back({image.filename, image.width, image.height});
  return sizes;
}

class Formats : public testing::TestWithParam<std::string> {
 protected:
  const DatasetFormat& format() const { return **dataset_format(GetParam()); }

  Result<Notes> write(const Dataset& dataset, const std::string& prefix = "") {
    return format().write(view_of(dataset), {files_, "out", prefix, "task", true});
  }
  Result<Dataset> read(const std::vector<ImageSize>& sizes, const std::string& prefix = "") {
    return format().read({files_, "out", prefix, "", sizes});
  }

  MemoryFileSystem files_;
};

TEST_P(Formats, GiveBackWhatWasWritten) {
  Dataset before = sample();
  const auto written = write(before);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto after = read(sizes_of(before));
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_THAT(after->notes.lines(), IsEmpty());
  ASSERT_EQ(after->images.size(), before.images.size());
  for (size_t i = 0; i < before.images.size(); ++i) {
    const Prediction &expected = before.images[i], &found = after->images[i];
    EXPECT_EQ(found.filename, expected.filename);
    EXPECT_EQ(found.width, expected.width);
    EXPECT_EQ(found.height, expected.height);
    ASSERT_EQ(found.detections.size(), expected.detections.size()) << expected.filename;
    for (size_t k = 0; k < expected.detections.size(); ++k) {
      std::string label = expected.detections[k].label;
      if (GetParam() == "kitti") std::ranges::replace(label, ' ', '_');
      EXPECT_EQ(found.detections[k].label, label);
      EXPECT_EQ(found.detections[k].score, expected.detections[k].score);
      const Box &a = expected.detections[k].box_in_image, &b = found.detections[k].box_in_image;
      const double rounding = rounding_of(GetParam());
      EXPECT_NEAR(a.x1, b.x1, rounding);
      EXPECT_NEAR(a.y1, b.y1, rounding);
      EXPECT_NEAR(a.x2, b.x2, rounding);
      EXPECT_NEAR(a.y2, b.y2, rounding);
    }
  }
}

TEST_P(Formats, HoldADatasetWithNothingInIt) {
  const Dataset none{{"car"}, {}, {}};
  ASSERT_TRUE(write(none).ok());
  const bool folder_is_missing = GetParam() == "voc" || GetParam() == "kitti";  // a folder is made for its first file
  const bool is_refused = GetParam() == "coco";  // labels of no image at all are taken for a mistake
  if (folder_is_missing || is_refused) return;
  const auto after = read({{"other.jpg", 10, 10}});
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_THAT(after->images, IsEmpty());
}

TEST_P(Formats, RefuseALabelThatIsNoClass) {
  Dataset dataset = sample();
  dataset.images[0].detections[0].label = "zebra";
  if (GetParam() == "csv" || GetParam() == "dump") return;  // these have no list of classes
  const auto written = write(dataset);
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().message, HasSubstr("zebra"));
}

TEST_P(Formats, NameAnImageWhoseSizeTheyNeed) {
  Dataset dataset = sample();
  dataset.images[0].width = dataset.images[0].height = 0;
  const auto written = write(dataset);
  const bool in_pixels = GetParam() == "csv" || GetParam() == "kitti" || GetParam() == "lightly";
  ASSERT_EQ(written.ok(), in_pixels);
  if (!in_pixels) {
    EXPECT_THAT(written.error().message, HasSubstr("a/1.jpg: the"));
  }
}

TEST_P(Formats, NeverLetOneImageOverwriteAnother) {
  const Dataset dataset{{"car"}, {{"a.jpg", 9, 9, {{{0, 0, 9, 9}, "car", 1, {}}}}, {"a.png", 9, 9, {}}}, {}};
  const auto written = write(dataset);
  ASSERT_TRUE(written.ok());
  const auto after = read({{"a.jpg", 9, 9}, {"a.png", 9, 9}});
  ASSERT_TRUE(after.ok()) << after.error().message;
  ASSERT_FALSE(after->images.empty());
  EXPECT_EQ(after->images[0].filename, "a.jpg");
  EXPECT_EQ(after->images[0].detections.size(), 1u);
  if (after->images.size() == 1) {
    EXPECT_THAT(written->lines(), ElementsAre(HasSubstr("1 images are left out")));
  }
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const DatasetFormat& format : dataset_formats()) names.push_back(format.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Formats, testing::ValuesIn(names()), [](const auto& format) { return format.param; });

TEST(DatasetFormat, AMistypedNameIsGuessed) {
  EXPECT_THAT(dataset_format("koko").error().message, HasSubstr("did you mean coco?"));
  EXPECT_THAT(dataset_format("parquet-2").error().message, HasSubstr("(formats: coco, yolo, voc, "));
}

TEST(FinishDataset, RefusesNamesThatLeaveTheFolderOrOccurTwice) {
  for (const char* name : {"../a.jpg", "/a.jpg", "a//b.jpg", "a/./b.jpg", "", "\xff.jpg"}) {
    Dataset dataset{{}, {{name, 1, 1, {}}}, {}};
    EXPECT_EQ(finish_dataset(dataset, {}).error().code, ErrorCode::kCorrupt) << name;
  }
  Dataset twice{{}, {{"a", 1, 1, {}}, {"b", 1, 1, {}}, {"a", 1, 1, {}}}, {}};
  EXPECT_THAT(finish_dataset(twice, {}).error().message, HasSubstr("\"a\" occurs twice"));
}

TEST(Notes, CountAllAndShowAFew) {
  Notes notes;
  for (int i = 0; i < 7; ++i) notes.add("images are odd", std::to_string(i));
  EXPECT_THAT(notes.lines(), ElementsAre("7 images are odd: 0, 1, 2, 3, 4 and 2 more"));
}

}  // namespace
}  // namespace pretag
