#include "pretag/report/rare_choice.h"

#include <gtest/gtest.h>

#include "support/report_samples.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;

TEST(RareChooser, ShowsTheRarestClassesBestScoresFirst) {
  RareChooser chooser;
  for (int i = 0; i < 9; ++i) {
    Detections detections = {make_detection("car", 0.9f), make_detection("car", 0.8f)};
    if (i >= 3) detections.push_back(make_detection("bus", 0.5f + 0.05f * static_cast<float>(i)));
    chooser.add(make_info(std::to_string(i)), detections);
  }
  const auto choices = chooser.choose();
  ASSERT_EQ(choices.size(), 1u);  // half of two classes
  EXPECT_EQ(choices[0].class_name, "bus");
  ASSERT_EQ(choices[0].pictures.size(), RareChooser::kPictures);
  EXPECT_EQ(choices[0].pictures[0].filename, "8");
  EXPECT_EQ(choices[0].pictures[3].filename, "5");
  ASSERT_EQ(choices[0].pictures[0].detections.size(), 1u);
  EXPECT_EQ(choices[0].pictures[0].detections[0].label, "bus");
}

TEST(RareChooser, HasNothingToSayOfASingleClass) {
  RareChooser chooser;
  chooser.add(make_info("a"), Detections{make_detection("car", 0.9f)});
  EXPECT_TRUE(chooser.choose().empty());
  EXPECT_TRUE(RareChooser().choose().empty());
}

}  // namespace
}  // namespace pretag
