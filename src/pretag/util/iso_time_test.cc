#include "pretag/util/iso_time.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(IsoTime, TimesOfServicesAreRead) {
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_iso_time("2013-05-24T00:00:00Z"), 1369353600);
  EXPECT_EQ(parse_iso_time("2013-05-24T00:00:01.123Z"), 1369353601);
  EXPECT_EQ(parse_iso_time("2013-05-24T00:00:00+00:00"), 1369353600);
  EXPECT_EQ(parse_iso_time("2013-05-24T02:30:00+02:30"), 1369353600);
  EXPECT_EQ(parse_iso_time("2013-05-23T16:00:00.5-08:00"), 1369353600);
}

TEST(IsoTime, OtherTextIsNoTime) {
  for (const char* text : {"", "yesterday", "2013-05-24", "2013-05-24T00:00:00", "2013-05-24T00:00:00+0200",
                           "2013-05-24T00:00:00+2:000", "2013-05-24T00:00:00+-1:00", "2013-05-24T00:00:00Z+01:00",
                           "2013-05-24T00:00:00+02:00Z", "2013-13-24T00:00:00Z"}) {
    EXPECT_FALSE(parse_iso_time(text)) << text;
  }
}

TEST(HttpTime, IsReadAsRfc9110HasIt) {
  EXPECT_EQ(parse_http_time("Fri, 02 Jan 2026 03:04:05 GMT"), 1767323045);
  EXPECT_EQ(parse_http_time("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
}

TEST(HttpTime, IsNothingElse) {
  for (const char* text : {"", "Fri", "Fri, ", "Fri, 02 Foo 2026 03:04:05 GMT", "Fri, 02 anF 2026 03:04:05 GMT",
                           "2026-01-02T03:04:05Z", "Fri, 02 Jan 2026", "Fri, xx Jan 2026 03:04:05 GMT"}) {
    EXPECT_EQ(parse_http_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace pretag
