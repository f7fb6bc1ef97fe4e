#include "pretag/report/palette.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace pretag {
namespace {

std::vector<std::string> class_names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("class_{}", i));
  return names;
}

TEST(Palette, GivesThePretaggingClassesTheirColoursInAnyList) {
  const Palette alone({"car"}), among({"tram", "person", "car", "kite"});
  EXPECT_EQ(to_hex(alone.color("car")), "#0072b2");
  EXPECT_EQ(alone.color("car"), among.color("car"));
  EXPECT_NE(among.color("car"), among.color("person"));
}

TEST(Palette, TellsNinetyOneClassesApart) {
  std::vector<std::string> names = class_names(84);
  for (const char* name : {"bicycle", "bus", "car", "motorcycle", "person", "train", "truck"}) names.emplace_back(name);
  const Palette palette(names);
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const Color a = palette.color(names[i]), b = palette.color(names[k]);
      EXPECT_GT(std::hypot(a.r - b.r, a.g - b.g, a.b - b.b), 20) << names[i] << " and " << names[k];
    }
  }
}

TEST(Palette, RepeatsRatherThanRunningOut) {
  const Palette palette(class_names(500));
  EXPECT_EQ(palette.color("class_0"), palette.color("class_120"));
}

TEST(Palette, PaintsUnknownClassesGrey) {
  const Color color = Palette({}).color("never heard of");
  EXPECT_EQ(color.r, color.g);
  EXPECT_EQ(color.g, color.b);
}

TEST(Palette, CanBeReadWithBlackOrWhiteText) {
  const std::vector<std::string> names = class_names(120);
  const Palette palette(names);
  // 4.5 is what WCAG 2.1 asks of small text.
  for (const std::string& name : names)
    EXPECT_GE(contrast(readable_on(palette.color(name)), palette.color(name)), 4.5) << name;
}

TEST(Color, KnowsTheEndsOfTheContrastScale) {
  EXPECT_NEAR(contrast({0, 0, 0}, {255, 255, 255}), 21, 1e-9);
  EXPECT_EQ(contrast({1, 2, 3}, {1, 2, 3}), 1);
  EXPECT_EQ(readable_on({255, 255, 0}), (Color{0, 0, 0}));
  EXPECT_EQ(readable_on({0, 0, 128}), (Color{255, 255, 255}));
}

}  // namespace
}  // namespace pretag
