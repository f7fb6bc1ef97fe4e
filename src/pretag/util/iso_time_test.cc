#include "pretag/util/iso_time.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(IsoTime, TimesOfServicesAreRead) {
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_iso_time("2013-05-24T00:00:00Z"), 1369353600);
  EXPECT_EQ(parse_iso_time("2013-05-24T00:00:01.123Z"), 1369353601);
}

TEST(IsoTime, OtherTextIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2013-05-24", "2013-05-24T00:00:00", "2013-05-24T00:00:00+02:00", "2013-13-24T00:00:00Z"}) {
    EXPECT_FALSE(parse_iso_time(text)) << text;
  }
}

}  // namespace
}  // namespace pretag
