#include "pretag/report/report_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/report_models.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

TEST(ReportBuilder, CountsImagesAndFailures) {
  ReportBuilder builder({"car"}, 0.5f);
  builder.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f)});
  for (int i = 0; i < 300; ++i) builder.add_failure(fmt::format("{}.jpg", i), "the file is empty");
  const ReportModel model = builder.model();
  EXPECT_EQ(model.input_images, 301);
  EXPECT_EQ(model.input.images, 1);
  EXPECT_EQ(model.failed_images, 300);
  ASSERT_EQ(model.failures.size(), kMostListedFailures);
  EXPECT_EQ(model.failures.back().filename, "199.jpg");
  EXPECT_EQ(model.model.score_threshold, 0.5f);
}

TEST(ReportBuilder, ShowsOnlyDetectionsThatCount) {
  ReportBuilder builder({"car", "bus"}, 0.5f);
  builder.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f), make_detection("bus", 0.4f)});
  const std::vector<DebugChoice> choices = builder.debug_choices();
  ASSERT_EQ(choices.size(), 1u);
  ASSERT_EQ(choices[0].detections.size(), 1u);
  EXPECT_EQ(choices[0].detections[0].label, "car");
}

TEST(ReportBuilder, TakesCopiesForNoNewPairsWhereNothingWasSelectedEither) {
  const std::vector<DuplicatePair> copies = {{"a2.jpg", "a1.jpg"}};
  ReportBuilder builder({"car"}, 0.5f, {.duplicates = &copies});
  for (const char* name : {"a1.jpg", "a2.jpg"}) builder.add(make_info(name), Detections{}, embedding_at(0));
  builder.add(make_info("b.jpg"), Detections{}, embedding_at(0.1));
  EXPECT_EQ(builder.model().embeddings.similar_pairs.size(), 1u);
}

TEST(AddDebugImages, LeavesOutWhatCannotBeOpenedAgain) {
  ReportBuilder builder({"car"}, 0.5f);
  builder.add(make_info("gone.jpg"), Detections{make_detection("car", 0.9f)});
  builder.add(make_info("there.jpg"), Detections{make_detection("car", 0.8f)});
  ReportModel model = builder.model();
  const Status status =
      add_debug_images(model, builder.debug_choices(), [](const std::string& filename) -> Result<Image> {
        if (filename == "gone.jpg") return Error{ErrorCode::kNotFound, "no such file"};
        return make_picture(1000, 500);
      });
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_EQ(model.debug_images.size(), 1u);
  EXPECT_EQ(model.debug_images[0].filename, "there.jpg");
  EXPECT_EQ(model.debug_images_unavailable, 1);
}

TEST(AddDebugImages, NamesThePictureThatCannotBeDrawn) {
  ReportBuilder builder({"car"}, 0.5f);
  builder.add(make_info("a.jpg"), Detections{});
  ReportModel model = builder.model();
  const Status status = add_debug_images(model, builder.debug_choices(), [](const std::string&) { return Image{}; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "a.jpg: the picture is empty");
}

}  // namespace
}  // namespace pretag
