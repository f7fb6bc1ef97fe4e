#include "pretag/report/video_timelines.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/report/plots.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(VideoTimelines, TellWhereSelectedFramesLie) {
  VideoTimelineCollector collector;
  for (int i = 0; i < 10; ++i) collector.add(fmt::format("b-{}-mp4.png", i), i == 7 || i == 2);
  for (int i = 0; i < 4; ++i) collector.add(fmt::format("a-{}-avi.png", i), false);
  collector.add("photo.jpg", true);
  const VideoTimelines timelines = collector.timelines();
  EXPECT_EQ(timelines.videos, 2);
  EXPECT_EQ(timelines.frames, 14);
  EXPECT_EQ(timelines.videos_selected, 1);
  ASSERT_EQ(timelines.listed.size(), 2u);
  EXPECT_EQ(timelines.listed[0].video, "a.avi");
  EXPECT_THAT(timelines.listed[0].selected, IsEmpty());
  EXPECT_EQ(timelines.listed[1].frames, 10);
  EXPECT_THAT(timelines.listed[1].selected, ElementsAre(2, 7));
}

TEST(VideoTimelines, ListTheVideosWithTheMostSelectedFrames) {
  VideoTimelineCollector collector;
  for (int video = 0; video < 40; ++video) {
    for (int i = 0; i < 3; ++i) collector.add(fmt::format("{:02}-{}-mp4.png", video, i), video >= 30 && i <= video % 2);
  }
  const VideoTimelines timelines = collector.timelines();
  EXPECT_EQ(timelines.videos, 40);
  EXPECT_EQ(timelines.videos_selected, 10);
  ASSERT_EQ(timelines.listed.size(), kMostTimelines);
  EXPECT_EQ(timelines.listed.front().video, "00.mp4");  // ties go by name, and so does the order
  EXPECT_EQ(timelines.listed.back().video, "39.mp4");
  EXPECT_EQ(timelines.listed.back().selected.size(), 2u);
}

TEST(VideoTimelines, AreDrawnAsStripsWithMarks) {
  VideoTimelineCollector collector;
  for (int i = 0; i < 1000; ++i) collector.add(fmt::format("long <name>-{:03}-mp4.png", i), i % 100 == 50);
  for (int i = 0; i < 5; ++i) collector.add(fmt::format("short-{}-mp4.png", i), i == 4);
  ReportModel model;
  model.videos = collector.timelines();
  ASSERT_TRUE(has_timelines(model));
  for (const double width : {330.0, kPlotWidth}) {
    const std::string svg = inline_svg(video_sampling_timeline(model, width));
    EXPECT_THAT(svg, HasSubstr("10 of 1,000"));
    EXPECT_THAT(svg, HasSubstr("1 of 5"));
    EXPECT_THAT(svg, HasSubstr("data-video=\"short.mp4\""));
    EXPECT_THAT(svg, Not(HasSubstr("<name>")));
  }
  EXPECT_TRUE(png_file(video_sampling_timeline(model, kPlotWidth)).ok());
}

TEST(VideoTimelines, HaveNothingToShowWithoutVideos) { EXPECT_FALSE(has_timelines(ReportModel{})); }

}  // namespace
}  // namespace pretag
