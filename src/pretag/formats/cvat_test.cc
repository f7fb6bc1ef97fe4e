#include "pretag/formats/cvat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string written(const std::vector<std::string>& filenames) {
  Dataset dataset;
  for (const std::string& name : filenames) dataset.images.push_back({name, 10, 10, {}});
  MemoryFileSystem files;
  const auto notes = write_cvat(view_of(dataset), {files, "out.xml", ""});
  return notes.ok() ? *read_text_file(files, "out.xml", 1 << 20) : notes.error().message;
}

std::string error_of(const std::string& inside) {
  const auto read = read_cvat_text("<annotations>" + inside + "</annotations>");
  return read.ok() ? "no error" : read.error().message;
}

TEST(Cvat, ExportsOfTasksAndProjectsAreRead) {
  const auto read = read_cvat_text(R"(<?xml version="1.0" encoding="utf-8"?>
    <annotations><version>1.1</version>
      <meta><project><labels><label><name>car</name></label><label><name>bus</name></label></labels></project></meta>
      <image id="3" name="a/b.jpg" subset="x" width="640" height="480">
        <box label="bus" source="manual" occluded="1" xtl="1.50" ytl="2" xbr="3" ybr="4" z_order="0">
          <attribute name="model">x</attribute><attribute name="score">0.5</attribute></box>
        <box label="car" xtl="1" ytl="2" xbr="3" ybr="4"><attribute name="score"></attribute></box>
        <box label="car" xtl="1" ytl="2" xbr="3" ybr="4" rotation="30.0"/>
        <polygon label="car" points="1,2;3,4;5,6"/>
      </image>
      <image id="4" name="empty.jpg" width="1" height="1"/></annotations>)");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(read->classes, ElementsAre("car", "bus"));
  ASSERT_EQ(read->images.size(), 2u);
  ASSERT_EQ(read->images[0].detections.size(), 2u);
  EXPECT_EQ(read->images[0].detections[0].label, "car");  // by falling score: it has none, which is 1
  EXPECT_EQ(read->images[0].detections[1].box_in_image, (Box{1.5f, 2, 3, 4}));
  EXPECT_EQ(read->images[0].detections[1].score, 0.5f);
  EXPECT_THAT(read->notes.lines(), ElementsAre("2 shapes that are no upright boxes are left out: a/b.jpg, a/b.jpg"));
}

// CVAT takes the id for a frame's number where it finds no image of the name.
TEST(Cvat, IdsAreNumbersOfFramesOrOfNothing) {
  const std::string frames = written({"v/drive-007-mp4.png", "v/drive-123-mp4.png"});
  EXPECT_THAT(frames, HasSubstr("id=\"7\" name=\"v/drive-007-mp4.png\""));
  EXPECT_THAT(frames, HasSubstr("id=\"123\" name=\"v/drive-123-mp4.png\""));
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"a.jpg", "b.jpg"}, {"a-1-mp4.png", "b-2-mp4.png"}, {"a-1-mp4.png", "b.jpg"}, {"a.jpg", "b-1-mp4.png"}}) {
    const std::string xml = written(names);
    EXPECT_THAT(xml, HasSubstr("id=\"1000000000\" name=\"" + names[0]));
    EXPECT_THAT(xml, HasSubstr("id=\"1000000001\" name=\"" + names[1]));
  }
}

TEST(Cvat, OneImageHasAStem) {
  Dataset dataset;
  for (const char* name : {"a.jpg", "a.png", "b.png"}) dataset.images.push_back({name, 10, 10, {}});
  MemoryFileSystem files;
  const auto notes = write_cvat(view_of(dataset), {files, "out.xml", ""});
  ASSERT_TRUE(notes.ok()) << notes.error().message;
  EXPECT_THAT(notes->lines(), ElementsAre(HasSubstr("1 images are left out")));
  EXPECT_THAT(written({"a.jpg", "a.png", "b.png"}), Not(HasSubstr("a.png")));
}

TEST(Cvat, ErrorsNameTheImage) {
  const std::string image = "<image name=\"a.jpg\" width=\"5\" height=\"5\">";
  EXPECT_THAT(error_of("<image name=\"a.jpg\" width=\"5\"/>"), "image \"a.jpg\": <image> has no attribute \"height\"");
  EXPECT_THAT(error_of(image + "<box label=\"car\" xtl=\"1\"/></image>"), HasSubstr("no attribute \"ytl\""));
  EXPECT_THAT(error_of(image + "<box label=\"\" xtl=\"1\" ytl=\"1\" xbr=\"2\" ybr=\"2\"/></image>"),
              HasSubstr("class name is empty"));
  EXPECT_THAT(error_of(image + "<box label=\"a\" xtl=\"3\" ytl=\"1\" xbr=\"2\" ybr=\"2\"/></image>"),
              HasSubstr("xtl <= xbr"));
  EXPECT_THAT(error_of("<track/>"), HasSubstr("CVAT for images 1.1"));
  EXPECT_THAT(error_of(image + "</image>" + image + "</image>"), HasSubstr("\"a.jpg\" occurs twice"));
  EXPECT_THAT(read_cvat_text("<x/>").error().message, HasSubstr("no CVAT XML"));
}

}  // namespace
}  // namespace pretag
