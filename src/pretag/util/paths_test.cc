#include "pretag/util/paths.h"

#include <gtest/gtest.h>

#include <string>

namespace pretag {
namespace {

const std::string kWithNul("a\0b", 3);

TEST(Paths, StayInsideInOneSpelling) {
  for (const char* path : {"a", "a/b.jpg", "a b/ü", ".hidden", "..a/b..", "a\\..\\b"}) {
    EXPECT_TRUE(stays_inside(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "./a", "a/.", "..", "../a", "a/../b", "a/.."}) {
    EXPECT_FALSE(stays_inside(path)) << path;
  }
  EXPECT_FALSE(stays_inside(kWithNul));
}

TEST(Paths, ClimbOut) {
  for (const char* path : {"", "a", "./a", "a//b/", ".", "..a/b.."}) EXPECT_FALSE(climbs_out(path)) << path;
  for (const char* path : {"/a", "..", "../a", "a/../b", "a/.."}) EXPECT_TRUE(climbs_out(path)) << path;
  EXPECT_TRUE(climbs_out(kWithNul));
}

}  // namespace
}  // namespace pretag
