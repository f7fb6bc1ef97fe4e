#include "pretag/util/percent.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(Percent, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode(percent_encode(all, true)), all);
}

TEST(Percent, OnlyTheUnreservedStay) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/ü+&"), "a%20b%2F%C3%BC%2B%26");
  EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
}

TEST(Percent, PlusIsASpaceInFormsAlone) {
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
}

TEST(Percent, BrokenEscapesAreFound) {
  for (const char* broken : {"%", "a%2", "%zz", "%2g", "%-1"}) EXPECT_FALSE(percent_decode(broken)) << broken;
}

}  // namespace
}  // namespace pretag
