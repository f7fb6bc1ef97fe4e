#include "pretag/report/text_layout.h"

#include <gtest/gtest.h>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

TEST(TextWidth, GrowsWithTextAndSize) {
  EXPECT_EQ(text_width("", 13), 0);
  EXPECT_GT(text_width("mm", 13), text_width("m", 13));
  EXPECT_NEAR(text_width("width", 26), 2 * text_width("width", 13), 0.5);
}

TEST(FitText, LeavesAloneWhatFits) { EXPECT_EQ(fit_text("car", 500, 13), "car"); }

TEST(FitText, CutsAnyScriptAtACharacter) {
  for (const char* text :
       {"a very long name of a class", "очень длинное название класса", "とても長いクラスの名前です"}) {
    const std::string fitted = fit_text(text, 60, 13);
    EXPECT_LE(text_width(fitted, 13), 60) << text;
    EXPECT_TRUE(fitted.ends_with("…")) << fitted;
    EXPECT_TRUE(is_valid_utf8(fitted));
    EXPECT_GT(fitted.size(), std::string("…").size()) << text;
  }
}

TEST(FitText, LeavesAnEllipsisWhereNothingFits) { EXPECT_EQ(fit_text("wide", 1, 13), "…"); }

TEST(FitText, IsQuickWithAbsurdNames) {
  const std::string fitted = fit_text(std::string(1'000'000, 'x'), 100, 13);
  EXPECT_LE(text_width(fitted, 13), 100);
}

TEST(FitPath, KeepsTheEndOfAPath) {
  EXPECT_EQ(fit_path("a/car.jpg", 500, 13), "a/car.jpg");
  for (const char* path : {"2024-06-03/vehicle_07/camera_front_left/drive_0001.mp4", "поездка/камера/кадр_0001.mp4"}) {
    const std::string fitted = fit_path(path, 99, 12);
    EXPECT_LE(text_width(fitted, 12), 99) << path;
    EXPECT_TRUE(fitted.starts_with("…") && fitted.ends_with("0001.mp4")) << fitted;
    EXPECT_TRUE(is_valid_utf8(fitted));
  }
  EXPECT_EQ(fit_path("wide", 1, 13), "…");
  EXPECT_TRUE(fit_path(std::string(1'000'000, 'x') + "\xff.png", 100, 13).ends_with(".png"));
}

TEST(FitText, TakesBytesThatAreNoText) { EXPECT_TRUE(is_valid_utf8(fit_text("\xff\xfe bad", 500, 13))); }

TEST(WrapText, BreaksBetweenWordsAndInsideOfLongOnes) {
  const auto lines = wrap_text("one two three four five six seven eight nine ten", 80, 12, false, 20);
  EXPECT_GT(lines.size(), 2u);
  for (const std::string& line : lines) EXPECT_LE(text_width(line, 12), 80.5) << line;
  const auto pieces = wrap_text(std::string(200, 'w'), 80, 12, false, 100);
  EXPECT_GT(pieces.size(), 5u);
  EXPECT_EQ(wrap_text("", 80, 12, false, 5).size(), 1u);
}

TEST(WrapText, EndsInAnEllipsisWhereThereIsMore) {
  const auto lines = wrap_text(std::string(100'000, 'w'), 80, 12, false, 3);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines.back().ends_with("…"));
}

}  // namespace
}  // namespace pretag
