#include "pretag/worker/api_transport.h"
#include "pretag/util/percent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A server that gives the scripted answers in turn, the last one for ever, and pauses that only move a clock.
class ApiTransportTest : public ::testing::Test {
 protected:
  static Result<HttpAnswer> status(int status, const std::string& body = "", double retry_after = 0) {
    return HttpAnswer{.status = status, .body = body, .retry_after_seconds = retry_after};
  }
  static Result<HttpAnswer> lost() { return Error{ErrorCode::kIo, "http://server/v1: connection refused"}; }

  Result<std::string> call(std::vector<Result<HttpAnswer>> answers, ApiCall call = {.path = "/v1/thing"}) {
    const ScriptedHttpClient http(
        [&, next = size_t{0}](const HttpCall&) mutable { return answers[std::min(next++, answers.size() - 1)]; });
    const auto pause = [&](double seconds) {
      pauses_.push_back(seconds);
      clock_.advance(seconds);
      return pauses_.size() < stop_at_;
    };
    const auto log = [&](const std::string& line) { log_.push_back(line); };
    const ApiTransport transport(http, {.location = location_, .token = "s3cret&"}, {}, pause, log, clock_);
    auto result = transport.call(call);
    calls_ = http.calls();
    return result;
  }

  std::string location_ = "http://server//";
  ManualClock clock_;
  std::vector<std::string> log_;
  std::vector<double> pauses_;
  size_t stop_at_ = 1000;
  std::vector<HttpCall> calls_;
};

TEST_F(ApiTransportTest, TheTokenIsTheLastParameterAndEverythingIsEncoded) {
  const auto body = call({status(200, "[]")}, {.method = "POST",
                                               .path = "/v1/query/" + percent_encode("a b/ü"),
                                               .query = {{"labels", "a&b"}, {"labels", "c"}},
                                               .body = "{}"});
  EXPECT_EQ(*body, "[]");
  ASSERT_EQ(calls_.size(), 1u);
  EXPECT_EQ(calls_[0].url, "http://server/v1/query/a%20b%2F%C3%BC?labels=a%26b&labels=c&token=s3cret%26");
  EXPECT_EQ(calls_[0].method, "POST");
  EXPECT_EQ(calls_[0].body, "{}");
}

TEST_F(ApiTransportTest, WhatMayPassIsTriedAgainWithLongerPauses) {
  EXPECT_EQ(*call({lost(), status(503), status(500), status(200, "here")}), "here");
  EXPECT_THAT(pauses_, ElementsAre(1, 2, 4));
}

TEST_F(ApiTransportTest, ABusyServerSaysHowLongToWait) {
  EXPECT_TRUE(call({status(429, "", 12), status(429, "", 9999), status(200)}).ok());
  EXPECT_THAT(pauses_, ElementsAre(12, 30));
}

TEST_F(ApiTransportTest, ARefusalIsNotTriedAgainAndNamesTheCall) {
  const auto refused = call({status(400, R"({"code": "X", "error": "no\nsuch"})")});
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message, "GET /v1/thing: the server answered 400: no?such");
  EXPECT_TRUE(pauses_.empty());
  EXPECT_EQ(call({status(404)}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(call({status(405)}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(call({status(401)}).error().message, HasSubstr("check the token"));
}

// While the server behind it is started anew.
TEST_F(ApiTransportTest, AProxyThatKnowsNoServerAnyMoreIsNoAnswer) {
  std::vector<Result<HttpAnswer>> answers = {status(200, "[]"), status(404, "404 page not found\n"), status(405),
                                             status(200, "here"), status(404, R"({"code": "X", "error": "gone"})")};
  const ScriptedHttpClient http([&, next = size_t{0}](const HttpCall&) mutable { return answers[next++]; });
  const ApiTransport transport(
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return true; }, [](auto&) {}, clock_);
  EXPECT_EQ(*transport.call({.path = "/v1/thing"}), "[]");
  const ApiTransport of_job = transport.with_pause([](double) { return true; });
  EXPECT_EQ(*of_job.call({.path = "/v1/thing"}), "here");
  EXPECT_EQ(of_job.call({.path = "/v1/thing"}).error().code, ErrorCode::kNotFound);
}

TEST_F(ApiTransportTest, GivesUpInTheEndWithoutShowingTheToken) {
  const auto gone = call({lost()});
  EXPECT_EQ(gone.error().code, ErrorCode::kIo);
  EXPECT_THAT(gone.error().message, Not(HasSubstr("s3cret")));
  EXPECT_GE(clock_.seconds(), 900);
  EXPECT_LT(clock_.seconds(), 960);
}

TEST_F(ApiTransportTest, ALogSaysThatTheServerIsAwayAndThatItIsBack) {
  EXPECT_TRUE(call({lost(), status(503), lost(), lost(), status(200)}).ok());
  EXPECT_THAT(log_, ElementsAre(HasSubstr("connection refused"), "The server answers again",
                                HasSubstr("connection refused"), "The server answers again"));
}

TEST_F(ApiTransportTest, ACertificateThatIsNotTrustedIsNotTriedAgain) {
  location_ = "https://server";
  const auto refused =
      call({Error{ErrorCode::kInvalidArgument, "https://server/v1: unable to get issuer certificate"}});
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("issuer certificate; LIGHTLY_CA_CERTS names"));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(ApiTransportTest, WhatMustNotHappenTwiceIsAskedOnce) {
  EXPECT_FALSE(call({lost()}, {.path = "/v1/thing", .try_again = false}).ok());
  EXPECT_EQ(calls_.size(), 1u);
}

TEST_F(ApiTransportTest, ARequestToStopEndsTheWaiting) {
  stop_at_ = 2;
  EXPECT_EQ(call({lost()}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls_.size(), 2u);
}

TEST_F(ApiTransportTest, AJobsWaitingEndsWhenTheJobDoes) {
  const ScriptedHttpClient http([](const HttpCall&) { return status(503); });
  const auto go_on = [&](double seconds) { return clock_.advance(seconds), true; };
  const ApiTransport transport(
      http, {.location = "http://server", .token = "t"}, {}, go_on, [](auto&) {}, clock_);
  const ApiTransport of_job = transport.with_pause([](double) { return false; });
  EXPECT_EQ(of_job.call({.path = "/v1/thing"}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(http.calls().size(), 1u);
  EXPECT_EQ(of_job.upload_file("http://server/file", "/a", "a").error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pretag
