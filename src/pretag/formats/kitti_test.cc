#include "pretag/formats/kitti.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kLabel[] = "Pedestrian 0.00 0 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 8.41 0.01\n";

std::string error_of(std::string_view text) {
  const auto read = read_kitti_objects(text);
  return read.ok() ? "no error" : read.error().message;
}

TEST(Kitti, LabelsAndResultsAreRead) {
  const auto read = read_kitti_objects(std::string(kLabel) +
                                       "DontCare -1 -1 -10 503 169 590 190 -1 -1 -1 -1000 -1000 -1000 -10\r\n\n" +
                                       "Car -1 -1 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10 0.5");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].label, "Pedestrian");
  EXPECT_EQ((*read)[0].box_in_image, (Box{712.40f, 143, 810.73f, 307.92f}));
  EXPECT_EQ((*read)[0].score, 1);
  EXPECT_EQ((*read)[1].score, 0.5f);
}

TEST(Kitti, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("Car 1 2 3"), "line 1: has 4 columns; KITTI's labels have 15, results 16");
  EXPECT_THAT(error_of(std::string(kLabel) + "Car 0 0 0 3 2 1 4 0 0 0 0 0 0 0"), HasSubstr("line 2: the box must be"));
  EXPECT_THAT(error_of("Car 0 0 0 nan 2 1 4 0 0 0 0 0 0 0"), HasSubstr("line 1: a corner must be a number"));
  EXPECT_THAT(error_of("Car 0 0 0 1 2 3 4 0 0 0 0 0 0 0 7.3"), HasSubstr("the score must be a number from 0 to 1"));
}

TEST(Kitti, ImagesAreNamedByTheSizesOrAsPng) {
  MemoryFileSystem files;
  files.add("k/label_2/000000.txt", kLabel);
  EXPECT_EQ(read_kitti({files, "k", "", "", {}})->images[0].filename, "000000.png");
  const auto sized = read_kitti({files, "k/label_2", "", "", {{"000000.jpg", 1242, 375}}});
  ASSERT_TRUE(sized.ok());
  EXPECT_EQ(sized->images[0].filename, "000000.jpg");
  EXPECT_EQ(sized->images[0].width, 1242);
  const auto other = read_kitti({files, "k", "", "", {{"1.jpg", 1242, 375}}});
  EXPECT_THAT(other->notes.lines(), ElementsAre(HasSubstr("label files belong to no image")));
}

TEST(Kitti, SpacesInClassNamesAreTold) {
  MemoryFileSystem files;
  const Dataset light{{"traffic light"}, {}, {}};
  EXPECT_THAT(write_kitti(view_of(light), {files, "k", "", "", false})->lines(),
              ElementsAre(HasSubstr("traffic light")));
  const Dataset both{{"traffic_light", "traffic light"}, {}, {}};
  EXPECT_THAT(write_kitti(view_of(both), {files, "k", "", "", false}).error().message, HasSubstr("rename it"));
  const Dataset reserved{{"DontCare"}, {}, {}};
  EXPECT_FALSE(write_kitti(view_of(reserved), {files, "k", "", "", false}).ok());
}

}  // namespace
}  // namespace pretag
