#include "pretag/formats/json_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace pretag {
namespace {

TEST(JsonText, EscapesWhatJsonMustAndLeavesTheRest) {
  EXPECT_EQ(*json_text("a \"b\"\\\n/é🚗"), R"("a \"b\"\\\n/é🚗")");
  EXPECT_EQ(json_text("\xff").error().code, ErrorCode::kInvalidArgument);
}

TEST(JsonText, FloatsReadBackAsThemselves) {
  for (const float value : {0.98452038f, 1.0f / 3, 1e-7f, 16777216.0f, std::numeric_limits<float>::denorm_min(),
                            std::numeric_limits<float>::max(), 0.05f}) {
    EXPECT_EQ(std::strtof(json_float(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(json_float(1), "1.0");
  EXPECT_EQ(json_float(0.9f), "0.9");
  EXPECT_EQ(json_float(0), "0.0");
  EXPECT_EQ(json_float(1e-7f), "1e-07");
}

TEST(JsonText, FixedNumbersLoseTheirTrailingZeros) {
  EXPECT_EQ(json_fixed(0.25, 6), "0.25");
  EXPECT_EQ(json_fixed(1, 6), "1.0");
  EXPECT_EQ(json_fixed(0.1234567, 6), "0.123457");
  EXPECT_EQ(json_fixed(100, 2), "100.0");
  EXPECT_EQ(json_fixed(-0.0000001, 6), "0.0");
  EXPECT_EQ(json_fixed(3, 0), "3.0");
}

}  // namespace
}  // namespace pretag
