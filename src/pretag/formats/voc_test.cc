#include "pretag/formats/voc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& xml) {
  const auto read = read_voc_file(xml, "");
  return read.ok() ? "no error" : read.error().message;
}

std::string with_object(const std::string& object) {
  return "<annotation><filename>a.jpg</filename><object>" + object + "</object></annotation>";
}

// The corners that are written for a box in an image 100 pixels wide and high.
std::string written(const Box& box) {
  MemoryFileSystem files;
  const Dataset dataset{{"car"}, {{"a.jpg", 100, 100, {{box, "car", 1, {}}}}}, {}};
  EXPECT_TRUE(write_voc(view_of(dataset), {files, "out", "", "", false}).ok());
  const std::string text = files.text("out/Annotations/a.xml");
  EXPECT_EQ(text.find("<score>"), std::string::npos);
  std::string corners;
  for (const std::string name : {"xmin", "ymin", "xmax", "ymax"}) {
    const size_t start = text.find("<" + name + ">") + name.size() + 2;
    corners += text.substr(start, text.find('<', start) - start) + " ";
  }
  return corners;
}

TEST(Voc, PixelsAreCountedFromOneAndBothEndsBelongToTheBox) {
  EXPECT_EQ(written({0, 0, 100, 100}), "1 1 100 100 ");
  EXPECT_EQ(written({10, 20, 11, 22}), "11 21 11 22 ");
  EXPECT_EQ(written({10.4f, 20.6f, 50.4f, 60.6f}), "11 22 50 61 ");
}

TEST(Voc, EveryBoxHasAPixelInTheImage) {
  EXPECT_EQ(written({10.2f, 10.2f, 10.3f, 10.3f}), "11 11 11 11 ");
  EXPECT_EQ(written({99.9f, 99.9f, 100, 100}), "100 100 100 100 ");
}

TEST(Voc, FilesOfOtherToolsAreRead) {
  const auto read = read_voc_file(
      "<?xml version=\"1.0\"?><!-- c --><annotation verified=\"yes\"><filename>C:\\pictures\\a.jpg</filename>"
      "<size><width>200</width><height>100</height></size><object><name> traffic light</name>"
      "<bndbox><xmin>11.5</xmin><ymin>1</ymin><xmax>20</xmax><ymax>2</ymax></bndbox></object></annotation>",
      "train");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->filename, "train/a.jpg");
  EXPECT_EQ(read->width, 200);
  ASSERT_EQ(read->detections.size(), 1u);
  EXPECT_EQ(read->detections[0].box_in_image, (Box{10.5f, 0, 20, 2}));
  EXPECT_EQ(read->detections[0].score, 1);
}

TEST(Voc, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(error_of("<annotation>"), HasSubstr("not valid XML at byte"));
  EXPECT_THAT(error_of("<other/>"), HasSubstr("no <annotation>"));
  EXPECT_THAT(error_of("<annotation/>"), HasSubstr("no <filename>"));
  EXPECT_THAT(error_of(with_object("<name>car</name>")), HasSubstr("object 1: "));
  const std::string rest = "<ymin>1</ymin><xmax>5</xmax><ymax>2</ymax></bndbox>";
  EXPECT_THAT(error_of(with_object("<bndbox>" + rest)), HasSubstr("object 1: <bndbox> has no <xmin>"));
  EXPECT_THAT(error_of(with_object("<bndbox><xmin>x</xmin>" + rest)), HasSubstr("<xmin> must be a number"));
  EXPECT_THAT(error_of(with_object("<bndbox><xmin>nan</xmin>" + rest)), HasSubstr("<xmin> must be a number"));
  EXPECT_THAT(error_of(with_object("<bndbox><xmin>9</xmin>" + rest)), HasSubstr("xmin <= xmax"));
  EXPECT_THAT(error_of("<!DOCTYPE a [<!ENTITY b \"c\">]><annotation><filename>&b;</filename></annotation>"),
              "no error");
}

TEST(Voc, ANameThatXmlCannotHoldIsAnError) {
  MemoryFileSystem files;
  const Dataset dataset{{"car"}, {{"a\x01.jpg", 9, 9, {}}}, {}};
  EXPECT_THAT(write_voc(view_of(dataset), {files, "out", "", "", false}).error().message, HasSubstr("XML cannot hold"));
}

}  // namespace
}  // namespace pretag
