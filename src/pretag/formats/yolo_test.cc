#include "pretag/formats/yolo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/formats/yolo_dataset.h"
#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kClasses = {"person", "car"};

std::string objects_error(std::string_view text) {
  const auto objects = read_yolo_objects(text, kClasses, 100, 100);
  return objects.ok() ? "no error" : objects.error().message;
}

std::string names_error(std::string_view text, std::string_view filename) {
  const auto names = read_yolo_class_names(text, filename);
  return names.ok() ? "no error" : names.error().message;
}

TEST(YoloClassNames, ComeFromAListAMapOrPlainLines) {
  EXPECT_EQ(*read_yolo_class_names("path: x\nnc: 2\nnames: ['person', car]\n", "data.yaml"), kClasses);
  EXPECT_EQ(*read_yolo_class_names("names:\n  1: car\n  0: person\n", "a/coco.yml"), kClasses);
  EXPECT_EQ(*read_yolo_class_names("person\r\ncar\r\n\r\n", "classes.txt"), kClasses);
  EXPECT_EQ(*read_yolo_class_names("\xEF\xBB\xBFperson\ncar\n", "classes.txt"), kClasses);
  EXPECT_THAT(*read_yolo_class_names("traffic light\nstop sign", "obj.names"),
              ElementsAre("traffic light", "stop sign"));
}

TEST(YoloClassNames, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(names_error("train: x", "data.yaml"), HasSubstr("\"names\" is missing"));
  EXPECT_THAT(names_error("names: 5", "data.yaml"), HasSubstr("must be a list"));
  EXPECT_THAT(names_error("names: {0: a, 7: b}", "data.yaml"), HasSubstr("has the number 7"));
  EXPECT_THAT(names_error("names: {a: b}", "data.yaml"), HasSubstr("not valid YAML"));
  EXPECT_THAT(names_error("names: {1: a, 1: b}", "data.yaml"), HasSubstr("empty"));
  EXPECT_THAT(names_error("names: [a, [b]]", "data.yaml"), HasSubstr("not valid YAML"));
  EXPECT_THAT(names_error("names: [", "data.yaml"), HasSubstr("not valid YAML"));
  EXPECT_THAT(names_error("names: " + std::string(100000, '['), "data.yaml"), HasSubstr("not valid YAML"));
  EXPECT_THAT(names_error("car\ncar", "classes.txt"), HasSubstr("\"car\" occurs twice"));
  EXPECT_THAT(names_error("", "classes.txt"), HasSubstr("empty"));
  EXPECT_THAT(names_error("a\n\nb", "classes.txt"), HasSubstr("empty"));
  EXPECT_THAT(names_error("\xff", "classes.txt"), HasSubstr("UTF-8"));
}

TEST(YoloObjects, AreBoxesInPixels) {
  // Centre (0.5, 0.5), a quarter of 200 wide and a half of 100 high: x 75..125, y 25..75.
  const auto objects = read_yolo_objects("1 0.5 0.5 0.25 0.5\n\n0 0.1 0.1 0.2 0.2\r\n", kClasses, 200, 100);
  ASSERT_TRUE(objects.ok()) << objects.error().message;
  ASSERT_EQ(objects->size(), 2u);
  EXPECT_EQ((*objects)[0].label, "car");
  EXPECT_EQ((*objects)[0].box_in_image, (Box{75, 25, 125, 75}));
  EXPECT_EQ((*objects)[0].area, 2500);
  EXPECT_FALSE((*objects)[0].crowd);
  EXPECT_EQ((*objects)[1].label, "person");
}

TEST(YoloObjects, APolygonIsTheBoxAroundIt) {
  const auto objects = read_yolo_objects("0 0.25 0.5 0.75 0.5 0.5 1.0", kClasses, 100, 100);
  ASSERT_TRUE(objects.ok()) << objects.error().message;
  EXPECT_EQ((*objects)[0].box_in_image, (Box{25, 50, 75, 100}));
}

TEST(YoloObjects, BoxesAreClippedToTheImage) {
  const auto objects = read_yolo_objects("0 0.05 0.5 0.2 1.0", kClasses, 100, 100);
  ASSERT_TRUE(objects.ok());
  EXPECT_EQ((*objects)[0].box_in_image.x1, 0);
  EXPECT_NEAR((*objects)[0].box_in_image.x2, 15, 1e-4);
  EXPECT_EQ((*objects)[0].box_in_image.y2, 100);
}

TEST(YoloObjects, AnEmptyFileHasNone) {
  EXPECT_THAT(*read_yolo_objects("", kClasses, 10, 10), IsEmpty());
  EXPECT_THAT(*read_yolo_objects("\n \n", kClasses, 10, 10), IsEmpty());
}

TEST(YoloObjects, ErrorsNameTheLine) {
  EXPECT_THAT(objects_error("0 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.5"), HasSubstr("line 2: has 4 numbers"));
  EXPECT_THAT(objects_error("0 0.5 0.5 0.5 0.5 0.9"), HasSubstr("line 1: has 6 numbers"));
  EXPECT_THAT(objects_error("2 0.5 0.5 0.5 0.5"), HasSubstr("line 1: has the class 2, but there are 2 class names"));
  EXPECT_THAT(objects_error("-1 0.5 0.5 0.5 0.5"), HasSubstr("has the class -1"));
  EXPECT_THAT(objects_error("0.5 0.5 0.5 0.5 0.5"), HasSubstr("has the class 0.5"));
  EXPECT_THAT(objects_error("1e300 0.5 0.5 0.5 0.5"), HasSubstr("has the class 1e+300"));
  EXPECT_THAT(objects_error("0 320 0.5 0.5 0.5"), HasSubstr("holds 320; coordinates are relative"));
  EXPECT_THAT(objects_error("0 nan 0.5 0.5 0.5"), HasSubstr("holds nan"));
  EXPECT_THAT(objects_error("car 0.5 0.5 0.5 0.5"), HasSubstr("line 1: holds something that is not a number"));
  EXPECT_THAT(objects_error("0 0.5,0.5 0.5 0.5"), HasSubstr("not a number"));
}

// Their numbers were taken for the corners of a polygon.
TEST(YoloObjects, KeypointsAreNoPolygon) {
  const std::string pose = "1 0.5 0.5 0.25 0.5 0.9 0.9 0.1 0.2";  // two keypoints of two numbers
  const auto objects = read_yolo_objects(pose, kClasses, 200, 100, 4);
  ASSERT_TRUE(objects.ok()) << objects.error().message;
  EXPECT_EQ(objects->at(0).box_in_image, (Box{75, 25, 125, 75}));
  const auto detections = read_yolo_detections(pose + " 0.5\n0 0.5 0.5 1 1\n" + pose, kClasses, 200, 100, 4);
  ASSERT_TRUE(detections.ok()) << detections.error().message;
  EXPECT_EQ(detections->at(0).score, 0.5f);
  EXPECT_EQ(detections->at(0).box_in_image, (Box{75, 25, 125, 75}));
  EXPECT_EQ(detections->at(1).box_in_image, (Box{0, 0, 200, 100}));
  EXPECT_EQ(detections->at(2).score, 1);
  EXPECT_THAT(read_yolo_objects(pose, kClasses, 200, 100, 6).error().message,
              HasSubstr("line 1: has 9 numbers; \"class cx cy w h\" has 5, with the keypoints of \"kpt_shape\" 11"));
}

TEST(YoloKeypoints, AreCountedInTheYaml) {
  EXPECT_EQ(*read_yolo_keypoint_numbers("names: [person]\nkpt_shape: [17, 3]\n"), 51u);
  EXPECT_EQ(*read_yolo_keypoint_numbers("names: [person]\n"), 0u);
  EXPECT_EQ(*read_yolo_keypoint_numbers("just a text"), 0u);
  for (const char* shape : {"17", "[17]", "[0, 2]", "[17, 4]", "[-1, 2]", "[a, b]", "{17: 3}"})
    EXPECT_FALSE(read_yolo_keypoint_numbers(std::string("kpt_shape: ") + shape).ok()) << shape;
}

TEST(YoloKeypoints, AreReadOverInWholeDatasets) {
  MemoryFileSystem files;
  files.add("set/data.yaml", "names: [person, car]\nkpt_shape: [2, 2]\n");
  files.add("set/labels/a.txt", "1 0.5 0.5 0.25 0.5 0.9 0.9 0.1 0.2");
  const Box box{75, 25, 125, 75};
  const auto folder = read_yolo_folder(files, "set", kClasses, {{"a.jpg", 200, 100}});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(folder->labels.images.at(0).objects.at(0).box_in_image, box);
  const auto dataset = read_yolo({files, "set", "", "", {{"a.jpg", 200, 100}}});
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->images.at(0).detections.at(0).box_in_image, box);
  files.add("set/data.yaml", "names: [person, car]\nkpt_shape: [2, 7]\n");
  EXPECT_THAT(read_yolo_folder(files, "set", kClasses, {}).error().message, HasSubstr("set/data.yaml: \"kpt_shape\""));
}

TEST(YoloFolder, PairsLabelFilesWithImages) {
  MemoryFileSystem files;
  files.add("labels/train/b.txt", "1 0.5 0.5 1 1");
  files.add("labels/a.txt", "");
  files.add("labels/train/none.txt", "broken, but of no image");
  files.add("labels/classes.txt", "person\ncar\n");
  files.link_directory("labels/train/loop", "labels");
  const auto folder =
      read_yolo_folder(files, "labels", kClasses, {{"train/b.jpg", 20, 10}, {"a.jpg", 5, 5}, {"unlabelled.jpg", 5, 5}});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(folder->labels.classes, kClasses);
  ASSERT_EQ(folder->labels.images.size(), 2u);
  EXPECT_EQ(folder->labels.images[0].filename, "a.jpg");
  EXPECT_THAT(folder->labels.images[0].objects, IsEmpty());
  EXPECT_EQ(folder->labels.images[1].objects[0].box_in_image, (Box{0, 0, 20, 10}));
  EXPECT_THAT(folder->without_file, ElementsAre("unlabelled.jpg"));
  EXPECT_THAT(folder->unused_files, ElementsAre("train/none.txt"));
}

TEST(YoloFolder, ALabelFileIsOfOneImage) {
  MemoryFileSystem files;
  files.add("labels/a.txt", "1 0.5 0.5 1 1");
  const auto folder = read_yolo_folder(files, "labels", kClasses, {{"a.jpg", 5, 5}, {"a.png", 9, 9}});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  ASSERT_EQ(folder->labels.images.size(), 1u);
  EXPECT_EQ(folder->labels.images[0].filename, "a.jpg");
  EXPECT_THAT(folder->without_file, ElementsAre("a.png"));
}

TEST(YoloFolder, TextsBesideTheLabelsAreNoLabels) {
  MemoryFileSystem files;
  files.add("set/labels/a.txt", "1 0.5 0.5 1 1");
  for (const char* text : {"set/labels/classes.txt", "set/classes.txt", "set/train.txt"}) files.add(text, "person");
  const auto folder = read_yolo_folder(files, "set", kClasses, {{"a.jpg", 5, 5}, {"classes.jpg", 5, 5}});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(folder->labels.images.size(), 1u);
  EXPECT_THAT(folder->unused_files, IsEmpty());
}

TEST(YoloFolder, FindsLabelsWhereUltralyticsHasThem) {
  // Of the path from the images on, the last "images" is "labels".
  EXPECT_EQ(yolo_label_paths("a/b.jpg").front(), "labels/a/b.txt");
  EXPECT_EQ(yolo_label_paths("train/images/b.jpg").front(), "train/labels/b.txt");
  EXPECT_EQ(yolo_label_paths("images/train/images/b.jpg").front(), "images/train/labels/b.txt");
  EXPECT_EQ(yolo_label_paths("myimages/b.jpg").front(), "labels/myimages/b.txt");
  MemoryFileSystem files;
  files.add("set/train/labels/a.txt", "0 0.5 0.5 1 1");
  files.add("set/labels/val/a.txt", "1 0.5 0.5 1 1");
  const auto folder =
      read_yolo_folder(files, "set", kClasses, {{"train/images/a.jpg", 5, 5}, {"images/val/a.jpg", 5, 5}});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_THAT(folder->without_file, IsEmpty());
  EXPECT_THAT(folder->unused_files, IsEmpty());
  EXPECT_EQ(folder->labels.images.at(0).objects.at(0).label, "car");
  EXPECT_EQ(folder->labels.images.at(1).objects.at(0).label, "person");
}

TEST(YoloFolder, ErrorsNameTheFile) {
  MemoryFileSystem files;
  files.add("labels/a.txt", "0 1 2");
  EXPECT_THAT(read_yolo_folder(files, "labels", kClasses, {{"a.jpg", 5, 5}}).error().message,
              HasSubstr("labels/a.txt: line 1"));
  EXPECT_FALSE(read_yolo_folder(files, "nowhere", kClasses, {}).ok());
  EXPECT_THAT(read_yolo_folder(files, "labels/a.txt", kClasses, {}).error().message, HasSubstr("not a folder"));
}

}  // namespace
}  // namespace pretag
