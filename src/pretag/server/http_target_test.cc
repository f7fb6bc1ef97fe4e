#include "pretag/server/http_target.h"
#include "pretag/util/percent.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

using namespace std::string_literals;

TEST(HttpTarget, decodes_each_segment_after_splitting) {
  const auto target = parse_http_target("/v1/query/name/a%2Fb%20c?shared=False&exact=True");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "query", "name", "a/b c"}));
  EXPECT_EQ(target->path, "/v1/query/name/a%2Fb%20c");
  EXPECT_EQ(*target->last("exact"), "True");
}

TEST(HttpTarget, query_values_keep_slashes_and_decode_plus_and_escapes) {
  const auto target = parse_http_target("/x?path=a/b+c%2Bd&empty=&bare&&token=one&token=two");
  ASSERT_TRUE(target);
  EXPECT_EQ(*target->last("path"), "a/b c+d");
  EXPECT_EQ(*target->last("empty"), "");
  EXPECT_EQ(*target->last("bare"), "");
  EXPECT_EQ(*target->last("token"), "two");
  EXPECT_EQ(target->all("token"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(target->last("absent"), nullptr);
}

TEST(HttpTarget, refuses_what_no_client_sends) {
  for (const std::string& text : {""s, "x"s, "*"s, "/%"s, "/%4"s, "/%zz"s, "/%00"s, "/%ff"s, "/x?a=%"s, "/x?a=%C3"s}) {
    EXPECT_FALSE(parse_http_target(text)) << text;
  }
  std::string deep, wide = "/x?";
  for (int i = 0; i < 65; ++i) deep += "/a";
  for (int i = 0; i < 1001; ++i) wide += "a=1&";
  EXPECT_FALSE(parse_http_target(deep));
  EXPECT_FALSE(parse_http_target(wide));
}

TEST(HttpTarget, percent_encode_is_undone_by_parsing) {
  const std::string name = "a b/ü+&=#?%.png";
  const auto target = parse_http_target("/" + percent_encode(name) + "?q=" + percent_encode(name));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, std::vector<std::string>{name});
  EXPECT_EQ(*target->last("q"), name);
  EXPECT_EQ(percent_encode("a/b c", true), "a/b%20c");
}

}  // namespace
}  // namespace pretag
