#include "pretag/report/report_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/image/decode.h"
#include "pretag/report/report_builder.h"
#include "support/faulty_file_system.h"
#include "support/memory_file_system.h"
#include "support/report_samples.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

ReportModel model_with(const std::vector<std::string>& filenames) {
  ReportBuilder builder({"car"}, 0.5f);
  for (const std::string& filename : filenames)
    builder.add(make_info(filename), Detections{make_detection("car", 0.9f)});
  ReportModel model = builder.model();
  EXPECT_TRUE(add_debug_images(model, builder.debug_choices(),
                               [](const std::string&) -> Result<Image> { return make_picture(100, 50); }));
  return model;
}

ReportModel model_named(const std::vector<std::string>& filenames) {
  ReportModel model;
  for (const std::string& filename : filenames) model.debug_images.emplace_back().filename = filename;
  return model;
}

TEST(WriteReport, WritesEveryFile) {
  MemoryFileSystem files;
  const Status status = write_report(model_with({"camera/a.jpg"}), files, "run");
  ASSERT_TRUE(status) << status.error().message;
  for (const char* path : {"run/report.json", "run/report.html", "run/report.pdf", "run/plots/pretagging_histogram.svg",
                           "run/plots/pretagging_histogram.png", "run/plots/objects_per_image.svg",
                           "run/plots/objects_per_image.png", "run/data/bounding_boxes_examples/camera__a.jpg"})
    EXPECT_TRUE(files.exists(path)) << path;
  const auto jpeg = files.read("run/data/bounding_boxes_examples/camera__a.jpg", 1 << 20);
  ASSERT_TRUE(jpeg);
  EXPECT_EQ(sniff_image_format(*jpeg), "jpeg");
}

TEST(WriteReport, WritesTheSameBytesAgain) {
  MemoryFileSystem files;
  ASSERT_TRUE(write_report(model_with({"a.jpg", "b.jpg"}), files, "one"));
  ASSERT_TRUE(write_report(model_with({"a.jpg", "b.jpg"}), files, "two"));
  for (const char* name :
       {"/report.json", "/report.html", "/plots/objects_per_image.svg", "/plots/objects_per_image.png"})
    EXPECT_EQ(files.text(std::string("one") + name), files.text(std::string("two") + name)) << name;
}

TEST(WriteReport, LeavesNoPicturesOfTheReportBefore) {
  MemoryFileSystem files;
  const std::string folder = "run/data/bounding_boxes_examples/";
  ASSERT_TRUE(write_report(model_with({"a.jpg", "b.jpg"}), files, "run"));
  ReportModel gone = model_with({"b.jpg"});
  gone.debug_images_unavailable = 1;
  ASSERT_TRUE(write_report(gone, files, "run"));
  EXPECT_TRUE(files.exists(folder + "a.jpg")) << "it can be made no more";
  ASSERT_TRUE(write_report(model_with({"b.jpg"}), files, "run"));
  EXPECT_FALSE(files.exists(folder + "a.jpg"));
  EXPECT_TRUE(files.exists(folder + "b.jpg"));
  ASSERT_TRUE(write_report(model_with({}), files, "run"));
  EXPECT_FALSE(files.exists(folder + "b.jpg"));
}

TEST(WriteReport, PassesOnThatTheDiskIsFullAndCanBeCalledAgain) {
  MemoryFileSystem memory;
  FaultyFileSystem files(memory);
  files.fail_writes_after(20'000);
  const Status status = write_report(model_with({"a.jpg"}), files, "run");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_FALSE(memory.exists("run/report.json"));
  files.stop_failing_writes();
  EXPECT_TRUE(write_report(model_with({"a.jpg"}), files, "run"));
  EXPECT_TRUE(memory.exists("run/report.json"));
}

TEST(DebugImageFiles, AreDistinctAlsoWhereCaseDoesNotMatter) {
  const std::vector<std::string> names = debug_image_files(model_named({"a/b.png", "a__b.jpg", "A/B.png"}));
  EXPECT_THAT(names,
              testing::ElementsAre("data/bounding_boxes_examples/a__b.jpg", "data/bounding_boxes_examples/a__b_2.jpg",
                                   "data/bounding_boxes_examples/A__B_3.jpg"));
}

TEST(DebugImageFiles, NeverLeaveTheirFolder) {
  for (const std::string& name :
       {std::string("../../etc/passwd"), std::string("/etc/passwd"), std::string("..\\x:y*?.png"), std::string(""),
        std::string(".hidden"), std::string(1000, 'n') + ".jpeg"}) {
    const std::string file = debug_image_files(model_named({name}))[0];
    const std::string folder = "data/bounding_boxes_examples/";
    ASSERT_TRUE(file.starts_with(folder)) << file;
    const std::string rest = file.substr(folder.size());
    EXPECT_EQ(rest.find_first_of("/\\:*?"), std::string::npos) << rest;
    EXPECT_NE(rest.front(), '.') << rest;
    EXPECT_LE(rest.size(), 200u);
  }
}

TEST(DebugImageFiles, CutLongNamesAtACharacter) {
  std::string name = "x";
  for (int i = 0; i < 200; ++i) name += "д";
  const std::string file = debug_image_files(model_named({name + ".jpg"}))[0];
  EXPECT_TRUE(file.ends_with("д.jpg"));
  EXPECT_EQ(file.find("\uFFFD"), std::string::npos);
}

}  // namespace
}  // namespace pretag
