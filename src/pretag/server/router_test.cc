#include "pretag/server/router.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

Handler nothing() {
  return [](Call&) -> Reply<HttpResponse> { return HttpResponse{}; };
}

TEST(Router, literals_added_first_win_over_names) {
  Router router;
  router.add("GET", "/v1/worker/default", nothing());
  router.add("GET", "/v1/worker/{workerId}", nothing());
  EXPECT_EQ(router.find("GET", {"v1", "worker", "default"}).route->pattern, "/v1/worker/default");
  const auto match = router.find("GET", {"v1", "worker", "abc"});
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/v1/worker/{workerId}");
  EXPECT_EQ(match.parameters.at("workerId"), "abc");
}

TEST(Router, tells_a_wrong_method_from_an_unknown_path) {
  Router router;
  router.add("GET", "/v1/a", nothing());
  EXPECT_TRUE(router.find("POST", {"v1", "a"}).other_method);
  EXPECT_FALSE(router.find("POST", {"v1", "b"}).other_method);
  EXPECT_EQ(router.find("GET", {"v1", "a", ""}).route, nullptr);
  EXPECT_NE(router.find("HEAD", {"v1", "a"}).route, nullptr);
}

TEST(Router, a_rest_takes_all_segments_that_follow_and_at_least_one) {
  Router router;
  router.add("GET", "/files/{file...}", nothing());
  EXPECT_EQ(router.find("GET", {"files", "a", "b"}).parameters.at("file"), "a/b");
  EXPECT_EQ(router.find("GET", {"files"}).route, nullptr);
}

}  // namespace
}  // namespace pretag
