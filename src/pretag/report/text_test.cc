#include "pretag/report/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(-123456), "-123,456");
}

TEST(FormatDecimal, GroupsThousandsBeforeThePointOnly) {
  EXPECT_EQ(format_decimal(1234.5678), "1,234.57");
  EXPECT_EQ(format_decimal(0.123456, 5), "0.12346");
  EXPECT_EQ(format_decimal(std::numeric_limits<double>::quiet_NaN()), "–");
}

TEST(FormatShare, NeverCallsSomethingNothing) {
  EXPECT_EQ(format_share(0), "0 %");
  EXPECT_EQ(format_share(0.0001), "<0.1 %");
  EXPECT_EQ(format_share(0.451), "45.1 %");
  EXPECT_EQ(format_share(1), "100 %");
}

TEST(FormatUtc, WritesDates) {
  EXPECT_EQ(format_utc(1767225600), "2026-01-01 00:00 UTC");
  EXPECT_EQ(format_utc_iso(1767225661), "2026-01-01T00:01:01Z");
  EXPECT_EQ(format_utc(0), "");
  EXPECT_EQ(format_utc(std::numeric_limits<int64_t>::max()), "");
}

TEST(FormatCounted, KnowsOneFromMany) {
  EXPECT_EQ(format_counted(1, "image", "images"), "1 image");
  EXPECT_EQ(format_counted(2000, "image", "images"), "2,000 images");
}

TEST(CleanText, KeepsWhatIsReadable) { EXPECT_EQ(clean_text("дорога 道路 🚗 é"), "дорога 道路 🚗 é"); }

TEST(CleanText, ReplacesControlCharactersAndBrokenBytes) {
  EXPECT_EQ(clean_text("a\tb\nc"), "a b c");
  EXPECT_EQ(clean_text(std::string_view("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(clean_text("a\x1b[31m"), "a\uFFFD[31m");
  EXPECT_EQ(clean_text("\xff\xc3"), "\uFFFD\uFFFD");
  EXPECT_EQ(clean_text("\xc2\x85\uFFFE"), "\uFFFD\uFFFD");
}

TEST(EscapeMarkup, LeavesNothingThatMarkupCouldReadAsItsOwn) {
  EXPECT_EQ(escape_markup("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
}

TEST(ShortenMiddle, KeepsBothEndsAndWholeCharacters) {
  EXPECT_EQ(shorten_middle("short.jpg", 20), "short.jpg");
  EXPECT_EQ(shorten_middle("folder/picture.jpg", 9), "fold….jpg");
  const std::string shortened = shorten_middle("дддддддддддд", 5);
  EXPECT_EQ(shortened, "дд…дд");
  EXPECT_TRUE(is_valid_utf8(shortened));
}

// The examples of RFC 4648.
TEST(Base64, AgreesWithTheStandard) {
  const auto encode = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace pretag
