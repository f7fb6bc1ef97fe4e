#include "pretag/util/strings.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(Strings, Utf8IsTakenAndEverythingElseIsNot) {
  EXPECT_TRUE(is_valid_utf8("Straße 日本 🚗"));
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_FALSE(is_valid_utf8("\xff"));
  EXPECT_FALSE(is_valid_utf8("\xc3"));              // cut off
  EXPECT_FALSE(is_valid_utf8("\xc0\xaf"));          // '/' in two bytes
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(is_valid_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
}

TEST(Strings, NearestFindsTypingErrorsAndNothingFarther) {
  const std::vector<std::string> keys = {"pretagging", "precision", "model"};
  EXPECT_EQ(nearest("pretaging", keys), "pretagging");
  EXPECT_EQ(nearest("Pretagging", keys), "pretagging");
  EXPECT_EQ(nearest("modl", keys), "model");
  EXPECT_EQ(nearest("selection", keys), "");
}

TEST(Strings, EditDistanceCountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
}

TEST(Strings, AByteOrderMarkIsNoText) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBFü"), "ü");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBBx"), "\xEF\xBBx");
  EXPECT_EQ(without_byte_order_mark(""), "");
}

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
}

TEST(Strings, SizesAndTimesAreForPeople) {
  EXPECT_EQ(human_bytes(312 * 1024), "312 KiB");
  EXPECT_EQ(human_bytes(1.5 * 1024 * 1024 * 1024), "1.5 GiB");
  EXPECT_EQ(human_duration(12), "12 s");
  EXPECT_EQ(human_duration(200), "3 min 20 s");
  EXPECT_EQ(human_duration(7500), "2 h 05 min");
}

}  // namespace
}  // namespace pretag
