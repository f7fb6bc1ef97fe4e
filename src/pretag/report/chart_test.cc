#include "pretag/report/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/image/decode.h"
#include "pretag/report/bar_chart.h"
#include "pretag/report/histogram_chart.h"
#include "support/markup_check.h"

namespace pretag {
namespace {

using testing::HasSubstr;
using testing::Not;

BarChartSpec bars(const std::vector<std::string>& labels) {
  BarChartSpec spec{.name = "bars", .title = "Bars", .subtitle = "below the title", .description = "some bars"};
  double value = 1;
  for (const std::string& label : labels)
    spec.rows.push_back({label, Color{0, 114, 178}, {{value, "value of " + label, "hover"}}}), value *= 2;
  return spec;
}

TEST(AxisTicks, AreRoundWholeNumbersThatReachTheMaximum) {
  EXPECT_EQ(axis_ticks(10, 4), (std::vector<double>{0, 5, 10}));
  EXPECT_EQ(axis_ticks(3, 4), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(axis_ticks(700, 4), (std::vector<double>{0, 200, 400, 600, 800}));
  EXPECT_EQ(axis_ticks(0, 4), (std::vector<double>{0, 1}));
  for (const double maximum : {1.0, 17.0, 999.0, 1e6, 12345678.0}) {
    EXPECT_GE(axis_ticks(maximum, 4).back(), maximum);
    EXPECT_LE(axis_ticks(maximum, 4).size(), 7u);
  }
}

TEST(Chart, IsAWellFormedSvgFileWithTitleAndDescription) {
  const std::string svg = svg_file(bar_chart(bars({"car", "bus"}), 600));
  EXPECT_EQ(check_markup(svg).problem, "");
  EXPECT_THAT(svg, HasSubstr("aria-label=\"some bars\""));
  EXPECT_THAT(svg, HasSubstr(">Bars</text>"));
  EXPECT_THAT(svg, HasSubstr(">below the title</text>"));
}

TEST(Chart, HasNoTitleAndNoPanelInThePage) {
  const std::string svg = inline_svg(bar_chart(bars({"car"}), 600));
  EXPECT_EQ(check_markup(svg).problem, "");
  EXPECT_THAT(svg, Not(HasSubstr(">Bars</text>")));
  EXPECT_THAT(svg, Not(HasSubstr("tone-panel")));
}

TEST(Chart, IsTheSameEveryTime) {
  EXPECT_EQ(svg_file(bar_chart(bars({"a", "b"}), 600)), svg_file(bar_chart(bars({"a", "b"}), 600)));
}

TEST(Chart, ComesOutAsPngOfTheSameSize) {
  const Chart chart = bar_chart(bars({"car", "bus"}), 600);
  const auto png = png_file(chart, 2);
  ASSERT_TRUE(png) << png.error().message;
  const auto image = decode_image(*png);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 2 * (600 + 48));
  EXPECT_EQ(image->rgb[0], 255);  // a light panel
}

TEST(Chart, SaysSoWhenAPngWouldBeTooLarge) {
  Chart chart = bar_chart(bars({"car"}), 600);
  chart.height = 100'000;
  const auto png = png_file(chart);
  ASSERT_FALSE(png);
  EXPECT_EQ(png.error().code, ErrorCode::kInternal);
}

TEST(BarChart, EscapesNamesAndCutsLongOnes) {
  const std::string evil = "<script>alert(\"1\")</script>&";
  const std::string svg = inline_svg(bar_chart(bars({evil, std::string(500, 'x')}), 600));
  const MarkupFacts facts = check_markup(svg);
  EXPECT_EQ(facts.problem, "");
  EXPECT_FALSE(facts.elements.contains("script"));
  EXPECT_THAT(svg, HasSubstr("…</text>"));
}

TEST(BarChart, GrowsWithItsRowsAndWorksWithoutAny) {
  EXPECT_GT(bar_chart(bars({"a", "b", "c"}), 600).height, bar_chart(bars({"a"}), 600).height);
  const Chart empty = bar_chart(bars({}), 600);
  EXPECT_GT(empty.height, 0);
  EXPECT_EQ(check_markup(svg_file(empty)).problem, "");
  std::vector<std::string> many;
  for (int i = 0; i < 91; ++i) many.push_back("class_" + std::to_string(i));
  EXPECT_LT(bar_chart(bars(many), 600).height, 91 * 25);
}

TEST(BarChart, DrawsALegendForSeveralSeries) {
  BarChartSpec spec = bars({"car"});
  EXPECT_THAT(inline_svg(bar_chart(spec, 600)), Not(HasSubstr(">before</text>")));
  spec.series = {"before", "after"};
  spec.rows[0].values.push_back({2, "2", ""});
  const std::string svg = inline_svg(bar_chart(spec, 600));
  EXPECT_THAT(svg, HasSubstr(">before</text>"));
  EXPECT_THAT(svg, HasSubstr(">after</text>"));
}

TEST(HistogramChart, DrawsAColumnForEachCountAndTheMarker) {
  HistogramSpec spec{.name = "h", .title = "H", .x_label = "size", .y_label = "number"};
  spec.columns = {{5, "five"}, {0, "none"}, {2, "two", true}};
  spec.ticks = {{0.5, "a"}, {1.5, "b"}, {2.5, "c"}};
  spec.marker = AxisMark{1.5, "mean 1.5"};
  const std::string svg = inline_svg(histogram_chart(spec, 400));
  EXPECT_EQ(check_markup(svg).problem, "");
  for (const char* text :
       {"<title>five</title>", "<title>two</title>", ">mean 1.5</text>", ">size</text>", ">c</text>"})
    EXPECT_THAT(svg, HasSubstr(text));
  EXPECT_THAT(svg, Not(HasSubstr("<title>none</title>")));
}

TEST(HistogramChart, WorksWithoutColumns) {
  EXPECT_EQ(check_markup(svg_file(histogram_chart({.name = "h"}, 400))).problem, "");
}

}  // namespace
}  // namespace pretag
