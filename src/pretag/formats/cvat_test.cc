#include "pretag/formats/cvat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
