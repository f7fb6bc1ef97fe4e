#include "pretag/util/number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace pretag {
namespace {

TEST(ReadNumber, TakesTheWholeText) {
  EXPECT_EQ(read_number<int>("-12"), -12);
  EXPECT_EQ(read_number<int64_t>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(read_number<double>("2.5e1"), 25.0);
}

TEST(ReadNumber, TakesNothingElse) {
  for (const char* text : {"", " 1", "1 ", "+1", "12abc", "1.5", "0x10"}) {
    EXPECT_EQ(read_number<int>(text), std::nullopt) << text;
  }
  EXPECT_EQ(read_number<int64_t>("9223372036854775808"), std::nullopt);
  EXPECT_EQ(read_number<double>("1e999"), std::nullopt);
}

}  // namespace
}  // namespace pretag
