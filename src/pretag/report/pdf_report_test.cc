#include "pretag/report/pdf_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/report/debug_image.h"
#include "support/report_models.h"

namespace pretag {
namespace {

using testing::HasSubstr;

// Every page has a size, in an object that Cairo does not compress.
size_t pages_of(const std::string& pdf) {
  size_t pages = 0;
  for (size_t at = pdf.find("/MediaBox ["); at != std::string::npos; at = pdf.find("/MediaBox [", at + 1)) ++pages;
  return pages;
}

TEST(PdfReport, IsAPdfForEveryKindOfModel) {
  const Selection selection = sample_selection();
  Selection nothing;
  nothing.notes = {"every image was left out by a threshold"};
  ReportBuilder none_found({"car"}, 0.5f, {.selection = &nothing});
  none_found.add(make_info("a.jpg"), {});
  for (const ReportModel& model :
       {ReportModel{}, sample_model(nullptr), sample_model(&selection), none_found.model()}) {
    const auto pdf = pdf_report(model);
    ASSERT_TRUE(pdf) << pdf.error().message;
    EXPECT_TRUE(pdf->starts_with("%PDF-"));
    EXPECT_GE(pages_of(*pdf), 1u);
  }
}

TEST(PdfReport, ShowsTheSelectedObjects) {
  Selection selection = sample_selection();
  const size_t without = pages_of(*pdf_report(sample_model(&selection)));
  selection.objects = sample_objects();
  ReportModel model = sample_model(&selection);
  model.crops.assign(kMostCrops, {selection.objects->selected[0], *make_thumbnail(make_picture(40, 90))});
  const auto pdf = pdf_report(model);
  ASSERT_TRUE(pdf) << pdf.error().message;
  EXPECT_GT(pages_of(*pdf), without);
}

TEST(PdfReport, ShowsTheSelectedObjectsOfManyClassesOnSeveralPages) {
  Selection selection = sample_selection();
  selection.objects = sample_objects();
  const size_t with_two = pages_of(*pdf_report(sample_model(&selection)));
  for (int i = 0; i < 90; ++i) selection.objects->classes.push_back({"class " + std::to_string(i), 10, 1});
  EXPECT_GE(pages_of(*pdf_report(sample_model(&selection))), with_two + 3);
}

TEST(PdfReport, IsTheSameEachTime) {
  const Selection selection = sample_selection();
  EXPECT_EQ(*pdf_report(sample_model(&selection)), *pdf_report(sample_model(&selection)));
}

TEST(PdfReport, TakesPicturesAsTheyAre) {
  const Selection selection = sample_selection();
  EXPECT_THAT(*pdf_report(sample_model(&selection)), HasSubstr("/DCTDecode"));
}

TEST(PdfReport, ShowsPicturesOfImagesOfAnySize) {
  ReportModel model = sample_model(nullptr);
  model.map = {};
  model.rare_classes.clear();
  model.debug_images.resize(1);
  model.debug_images[0].width = 40'000;
  model.debug_images[0].height = 20'000;
  EXPECT_THAT(*pdf_report(model), HasSubstr("/DCTDecode"));
}

TEST(PdfReport, ShowsScoresThatAllAreBelowTheThreshold) {
  ReportBuilder weak({"car"}, 0.5f), none({"car"}, 0.5f);
  weak.add(make_info("a.jpg"), std::vector{make_detection("car", 0.3f)});
  none.add(make_info("a.jpg"), {});
  EXPECT_NE(*pdf_report(weak.model()), *pdf_report(none.model()));
}

TEST(PdfReport, BreaksLongListsAndClassesOverPages) {
  std::vector<std::string> classes;
  for (int i = 0; i < 91; ++i) classes.push_back("交通標識 with a rather long name " + std::to_string(i));
  ReportBuilder builder(classes, 0.5f);
  for (int i = 0; i < 200; ++i) {
    builder.add(make_info(std::to_string(i)), std::vector{make_detection(classes[static_cast<size_t>(i) % 91], 0.9f)});
    builder.add_failure(std::string(500, 'f') + std::to_string(i), std::string(500, 'r'));
  }
  const auto pdf = pdf_report(builder.model());
  ASSERT_TRUE(pdf);
  EXPECT_GE(pages_of(*pdf), 8u);
  EXPECT_LE(pages_of(*pdf), 40u);
}

}  // namespace
}  // namespace pretag
