#include "pretag/formats/corruptness.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pretag {
namespace {

using nlohmann::json;

struct Written {
  std::string text;
  CorruptnessWriter writer{[this](std::string_view piece) { return text += piece, Status(); }};
};

TEST(Corruptness, ListsEveryNameWithItsReason) {
  Written written;
  ASSERT_TRUE(written.writer.begin().ok());
  ASSERT_TRUE(written.writer.add("a\n\"b\".jpg", "truncated after 12 bytes").ok());
  ASSERT_TRUE(written.writer.add("é.jpg", "starts with \xff\xd8").ok());
  ASSERT_TRUE(written.writer.end().ok());
  const json document = json::parse(written.text);
  EXPECT_EQ(document["corrupt_samples"]["a\n\"b\".jpg"], "truncated after 12 bytes");
  EXPECT_EQ(document["corrupt_samples"]["é.jpg"], "starts with \uFFFD\uFFFD");
  EXPECT_EQ(document["corrupt_samples"].size(), 2u);
}

TEST(Corruptness, WithoutFailuresIsAnEmptyObject) {
  Written written;
  ASSERT_TRUE(written.writer.begin().ok());
  ASSERT_TRUE(written.writer.end().ok());
  EXPECT_EQ(json::parse(written.text), json::parse(R"({"corrupt_samples": {}})"));
}

TEST(Corruptness, ANameThatIsNotUtf8IsRefused) { EXPECT_FALSE(Written().writer.add("\xff", "x").ok()); }

TEST(FilenameLine, IsAlwaysOneLine) {
  EXPECT_EQ(filename_line("a b/é.jpg"), "a b/é.jpg\n");
  EXPECT_EQ(filename_line("a\r\nb.jpg"), "a\\r\\nb.jpg\n");
}

}  // namespace
}  // namespace pretag
